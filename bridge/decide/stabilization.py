"""No count follows a wish that may be gone in a moment: the HPA's stabilisation windows.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go, stabilizeRecommendation and
stabilizeRecommendationWithBehaviors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bridge.decide.memory import Recommended, with_newest


@dataclass(frozen=True, slots=True)
class Steps:
    """When a count follows the level of its window: by shares of the count (0.1: 10 %).

    Exact, as all shares here: in floats, 115 is more than 100 * 1.15.
    """

    quantile: Decimal
    up: Decimal
    down: Decimal
    surge: Decimal


@dataclass(frozen=True, slots=True)
class Windows:
    """Seconds for which the past holds a count back, by direction."""

    up: float
    down: float
    up_quantile: Decimal = Decimal(0)
    """Which of the up window's wishes counts: 0 the lowest, as in the HPA, 0.5 the median."""
    down_quantile: Decimal = Decimal(1)
    """Which of the down window's: 1 the highest, as in the HPA."""
    surge: Decimal | None = None
    """So far above the count (1: double) a wish waits for no window; None: all wait."""
    steps: Steps | None = None
    """Where the owner asks for a level in place of both windows, which then are its own."""


def stabilized(current: int, desired: int, windows: Windows, past: Iterable[Recommended]) -> int:
    """No lower than the highest wish of the down window, no higher than the lowest of the up's.

    Or than their quantiles, where the owner asks for these; the wish of now bounds both.
    """
    past = tuple(past)
    downs = [desired, *_within(windows.down, past)]
    if windows.steps:
        return leveled(current, desired, windows.steps, downs)
    ups = [desired, *_within(windows.up, past)]
    surges = windows.surge is not None and desired > current * (1 + windows.surge)
    low = desired if surges else min(desired, quantile(ups, windows.up_quantile))
    high = max(desired, quantile(downs, windows.down_quantile))
    return min(max(current, low), high)


def leveled(current: int, desired: int, steps: Steps, wishes: Sequence[int]) -> int:
    """The level, where it is worth a step; a surge at once; never lower than the wish of now."""
    level = quantile(wishes, steps.quantile)
    if desired > current * (1 + steps.surge):
        return max(desired, level)
    if level > current * (1 + steps.up):
        return level
    if max(level, desired) < current * (1 - steps.down):
        return max(level, desired)
    return current


def _within(window: float, past: Sequence[Recommended]) -> list[int]:
    return [count for age, count in past if age < window] if window else []


def quantile(counts: Sequence[int], share: Decimal) -> int:
    """The least count that at least this share of them doesn't exceed (nearest rank)."""
    return sorted(counts)[max(0, math.ceil(share * len(counts)) - 1)]


def counted(wishes: Sequence[Recommended], window: float, share: Decimal) -> Recommended | None:
    """The wish of a window that is its quantile, as it was made last; None of an empty one."""
    inside = [wish for wish in wishes if wish.age < window]
    if not inside:
        return None
    count = quantile([wish.replicas for wish in inside], share)
    return min((wish for wish in inside if wish.replicas == count), key=lambda wish: wish.age)


def remembered(
    desired: int, windows: Windows, past: Sequence[Recommended]
) -> tuple[Recommended, ...]:
    """The wishes with this one, as it was before it was stabilised."""
    longest = max(windows.up, windows.down)
    return with_newest(past, Recommended(0, desired), lambda wish: wish.age > longest)


def highest_of(desired: int, window: float, past: Iterable[Recommended]) -> int:
    """The stabilised count of an HPA without `behavior`: the highest wish of the window."""
    return max([desired, *(wish.replicas for wish in past if wish.age <= window)])
