"""What no plan can beat, not even one that knows the load: a bound by Lagrange's multipliers.

For any price of a replica-second and of a change, the cheapest plan at these prices bounds the time
with too few of each plan that keeps both limits (weak duality). The prices are searched, so the
bound may be loose, never wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bridge.backtest.load import Load, pieces

_GOLDEN: Final = (math.sqrt(5) - 1) / 2
_STEPS: Final = 9


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may cost."""

    replica_hours: float
    changes: int


def least_under_time(need: Load, limits: Limits) -> float:
    """Percent of the known time, at least, with fewer replicas than needed."""
    steps = list(_steps(need))
    known = sum(lasts for lasts, wanted in steps if wanted is not None)

    def at_best(replica: float) -> float:
        return _highest(lambda change: _dual(steps, limits, replica, change), 1.0, 1e5)

    return max(0.0, 100 * _highest(at_best, 1e-3, 1.0) / known)


def _steps(need: Load) -> Iterator[tuple[int, int | None]]:
    for lasts, wanted, _ in pieces(need, [0], [0], 0, need.end):
        yield lasts, None if wanted is None else int(wanted)


def _dual(
    steps: list[tuple[int, int | None]], limits: Limits, replica: float, change: float
) -> float:
    """Seconds with too few, at least, by one pair of prices (in such seconds)."""
    most = max(wanted for _, wanted in steps if wanted is not None)
    cost, free = [0.0] * (most + 1), True
    for lasts, wanted in steps:
        moved = min(cost) + (0.0 if free else change)
        free, price, short = False, replica * lasts, wanted or 0
        cost = [
            min(had, moved) + price * count + (lasts if count < short else 0)
            for count, had in enumerate(cost)
        ]
    return min(cost) - replica * limits.replica_hours * 3600 - change * limits.changes


def _highest(of: Callable[[float], float], least: float, most: float) -> float:
    """The highest value found of a function with one peak, by golden section on a log scale."""
    low, high = math.log(least), math.log(most)
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    here, there = of(math.exp(left)), of(math.exp(right))
    best = max(here, there)
    for _ in range(_STEPS):
        if here > there:
            high, right, there = right, left, here
            left = high - _GOLDEN * (high - low)
            here = of(math.exp(left))
        else:
            low, left, here = left, right, there
            right = low + _GOLDEN * (high - low)
            there = of(math.exp(right))
        best = max(best, here, there)
    return best
