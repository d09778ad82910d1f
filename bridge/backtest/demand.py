"""Demand over time, made up: in units of work per second at each second. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
