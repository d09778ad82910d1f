"""Demand over time, made up: in units of work per second at each second. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

Demand = Callable[[float], float]
"""Work per second, by seconds since the beginning."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A demand with a name and a length in seconds."""

    name: str
    seconds: int
    at: Demand


def step(low: float, high: float, *, at: float, seconds: int) -> Curve:
    """From one second to the next."""
    return Curve("step", seconds, lambda t: high if t >= at else low)


def ramp(low: float, high: float, *, start: float, end: float, seconds: int) -> Curve:
    """Evenly from one to the other."""

    def demand(t: float) -> float:
        share = min(1.0, max(0.0, (t - start) / (end - start)))
        return low + (high - low) * share

    return Curve("ramp", seconds, demand)


def spike(low: float, high: float, *, start: float, end: float, seconds: int) -> Curve:
    """Up at once, and down at once a little later."""
    return Curve("spike", seconds, lambda t: high if start <= t < end else low)


def noisy_day(low: float, high: float, *, noise: float, seconds: int, seed: int = 7) -> Curve:
    """A sine from night to night, day after day; each 15 s up to `noise` (0.1: 10 %) beside it."""

    @cache
    def share(quarter: int) -> float:
        draw = random.Random(f"{seed}:{quarter}")  # noqa: S311 - the same each time, nothing secret
        return 1 + noise * draw.uniform(-1, 1)

    def demand(t: float) -> float:
        day = (1 - math.cos(2 * math.pi * t / seconds)) / 2
        return (low + (high - low) * day) * share(int(t // 15))

    return Curve("noisy day", seconds, demand)
