"""No count follows a wish that may be gone in a moment: the HPA's stabilisation windows.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go, stabilizeRecommendation and
stabilizeRecommendationWithBehaviors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.decide.memory import Recommended, with_newest


@dataclass(frozen=True, slots=True)
class Windows:
    """Seconds for which the past holds a count back, by direction."""

    up: float
    down: float


def stabilized(current: int, desired: int, windows: Windows, past: Iterable[Recommended]) -> int:
    """No lower than the highest wish of the down window, no higher than the lowest of the up's."""
    past = tuple(past)
    low = min([desired, *(wish.replicas for wish in past if wish.age < windows.up)])
    high = max([desired, *(wish.replicas for wish in past if wish.age < windows.down)])
    return min(max(current, low), high)


def remembered(
    desired: int, windows: Windows, past: Sequence[Recommended]
) -> tuple[Recommended, ...]:
    """The wishes with this one, as it was before it was stabilised."""
    longest = max(windows.up, windows.down)
    return with_newest(past, Recommended(0, desired), lambda wish: wish.age > longest)


def highest_of(desired: int, window: float, past: Iterable[Recommended]) -> int:
    """The stabilised count of an HPA without `behavior`: the highest wish of the window."""
    return max([desired, *(wish.replicas for wish in past if wish.age <= window)])
