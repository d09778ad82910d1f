"""The decision: how many replicas, and every step of the way there as a reason."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from bridge.decide.dead_time import Rollout
from bridge.decide.override import Hold
from bridge.manifest.target import Target
from bridge.policy.model import titled


@dataclass(frozen=True, slots=True)
class Step:
    """One reason on the way to the count, and the field of the policy that asked for it."""

    text: str
    field: str = ""
    """Dotted, as in the policy file: `spec.behavior.scaleDown`; empty where none did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A count for one target that knows why."""

    target: Target
    policy: str
    current: int
    desired: int
    adopts: bool = False
    """Git holds no count yet: `current` is what runs, and is written as it is."""
    steps: tuple[Step, ...] = ()
    errors: tuple[str, ...] = ()
    """What could not be known; a person may have to act."""
    hold: Hold | None = None
    """A person's order that it respects, or a quarrel that it stays out of."""
    dead_time: float | None = None
    """Measured seconds from commit to ready."""
    rollout: Rollout | None = None
    """What became of the committed count, as ready replicas tell; None where nobody changed it."""
    stuck_rollout: str = ""
    """What was committed and never came to be, in words."""
    fleet: bool = False
    """Whether the target is one of many of its policy."""

    @property
    def title(self) -> str:
        """What the policy is called that holds for this target."""
        return titled(self.policy, self.target) if self.fleet else self.policy

    def because(self, reason: str, field: str = "") -> Self:
        """The same with one more reason."""
        return self._copy(steps=(*self.steps, Step(reason, field)))

    def at(self, desired: int, reason: str, field: str = "") -> Self:
        """With another count, and why; without effect if it is that count already."""
        if desired == self.desired:
            return self
        return self._copy(desired=desired, steps=(*self.steps, Step(f"{reason} {desired}", field)))

    def wanting(self, desired: int) -> Self:
        """With another count that is explained already."""
        return self if desired == self.desired else self._copy(desired=desired)

    def _copy(self, **changes: object) -> Self:
        """What `replace` does, in half its time: each tick makes some."""
        copy = object.__new__(type(self))
        for name in _FIELDS:
            value = changes[name] if name in changes else getattr(self, name)
            object.__setattr__(copy, name, value)
        return copy

    @property
    def reasons(self) -> tuple[str, ...]:
        """The steps as people read them."""
        return tuple(step.text for step in self.steps)

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

    def change(self, arrow: str = " → ") -> str:
        """From what to what, for people; a count that nothing changes is told once."""
        if self.committed is None:
            return f"adopted at {self.desired}"
        if not self.changes:
            return f"stays at {self.current}"
        return f"{self.committed}{arrow}{self.desired}"

    @property
    def raises(self) -> bool:
        """Whether it is a scale-up."""
        return self.desired > self.current

    @property
    def lowers(self) -> bool:
        """Whether it is a scale-down."""
        return self.desired < self.current


_FIELDS = tuple(field.name for field in fields(Decision))
