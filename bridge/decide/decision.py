"""The decision: how many replicas, and every step of the way there as a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from bridge.manifest.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A count for one target that knows why."""

    target: Target
    policy: str
    current: int
    desired: int
    adopts: bool = False
    """Git holds no count yet: `current` is what runs, and is written as it is."""
    reasons: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    """What could not be known; a person may have to act."""

    def because(self, reason: str) -> Self:
        """The same with one more reason."""
        return replace(self, reasons=(*self.reasons, reason))

    def at(self, desired: int, reason: str) -> Self:
        """With another count, and why; without effect if it is that count already."""
        if desired == self.desired:
            return self
        return replace(self, desired=desired, reasons=(*self.reasons, f"{reason} {desired}"))

    @property
    def reason(self) -> str:
        """All steps in one line."""
        return "; ".join(self.reasons)

    @property
    def changes(self) -> bool:
        """Whether there is anything to commit."""
        return self.adopts or self.desired != self.current

    @property
    def committed(self) -> int | None:
        """The count in Git that it was made on; None where there is none yet."""
        return None if self.adopts else self.current

    @property
    def raises(self) -> bool:
        """Whether it is a scale-up."""
        return self.desired > self.current

    @property
    def lowers(self) -> bool:
        """Whether it is a scale-down."""
        return self.desired < self.current
