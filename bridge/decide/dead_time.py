"""Dead time: from a commit of ours to the moment at which exactly its count is ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

_SETTLED_KEPT = 5
_LEAST_WINDOW_S = 300.0


@dataclass(frozen=True, slots=True)
class Rollout:
    """What became of a commit's count."""

    ours: bool
    settled: bool
    """Whether it was ever the ready one."""
    seconds: float | None = None
    """From the commit until then; None where that can't be told."""
    seen: bool = False
    """Whether ready replicas were known at all meanwhile."""


@dataclass(frozen=True, slots=True)
class Rollouts:
    """The rollouts of a target, newest first; an error if they can't be known."""

    found: Sequence[Rollout] = ()
    error: str = ""
    dead_time: float | None = field(init=False)
    """Seconds: the longest of our last five that settled; None while none was measured.

    Not the mean: windows and forecasts have to bridge the slow rollouts too, those that wait
    for a node. Of five, so that one slow rollout is forgotten with the fifth after it.
    """

    @property
    def newest(self) -> Rollout | None:
        """That of the committed count; None where nobody changed it of late."""
        return self.found[0] if self.found else None

    def __post_init__(self) -> None:
        measured = [r.seconds for r in self.found if r.ours and r.seconds is not None]
        object.__setattr__(self, "dead_time", max(measured[:_SETTLED_KEPT], default=None))


def least_window(dead_time: float | None) -> float:
    """The scale-down window in seconds where the policy sets none: the HPA's, or two dead times.

    The metric shows a change only after one dead time; undoing it takes effect after another.
    """
    return max(_LEAST_WINDOW_S, 2 * (dead_time or 0.0))
