"""How well a supply of replicas followed the need for them, by SPEC's elasticity metrics. Pure.

Source: Herbst et al., "Ready for Rain? A View from SPEC Research on the Future of Cloud Metrics",
SPEC RG 2016-01, section on elasticity; docs/backtest.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from bridge.backtest.closed_loop import Run
from bridge.backtest.load import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Elasticity:
    """In percent, over the time of which the need is known."""

    under_accuracy: float
    """θ_U: how much of the need was lacking, on average over all the time."""
    over_accuracy: float
    """θ_O: how much more than the need there was."""
    under_time: float
    """τ_U: the share of the time with too few."""
    over_time: float
    """τ_O: the share of the time with more than needed."""
    instability: float
    """υ: the share of the ticks in which supply and need did not go the same way."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A stretch of time with too few replicas."""

    begin: int
    seconds: int
    lacking: int
    """Replicas, at its worst."""


def elasticity(run: Run, interval: int) -> Elasticity:
    """Of a run whose load is the need in replicas; changes are looked for at each `interval`."""
    known, under, over, short, spare = 0, 0.0, 0.0, 0, 0
    for lasts, need, ready in run.pieces:
        if need is None:
            continue
        known += lasts
        if need > ready:
            short += lasts
            under += lasts * (need - ready) / need
        elif ready > need:
            spare += lasts
            over += lasts * (ready - need) / max(need, 1.0)
    whole = max(known, 1) / 100
    return Elasticity(
        under_accuracy=under / whole,
        over_accuracy=over / whole,
        under_time=short / whole,
        over_time=spare / whole,
        instability=100 * _instability(run, interval),
    )


def _instability(run: Run, interval: int) -> float:
    steps, apart = 0, 0
    for (need, ready), (later, more) in pairwise(_sampled(run, interval)):
        if need is not None and later is not None:
            steps += 1
            apart += _sign(later - need) != _sign(more - ready)
    return apart / steps if steps else 0.0


def _sampled(run: Run, interval: int) -> Iterator[tuple[Amount, int]]:
    """The need and the ready replicas at each tick."""
    second, tick = 0, 0
    for lasts, need, ready in run.pieces:
        second += lasts
        while tick < second:
            yield need, ready
            tick += interval


def _sign(change: float) -> int:
    return (change > 0) - (change < 0)


def lacks(run: Run) -> Iterator[tuple[int, int, int, float]]:
    """From one second to before another so many were ready, and more needed."""
    second = 0
    for lasts, need, ready in run.pieces:
        if need is not None and need > ready:
            yield second, second + lasts, ready, need
        second += lasts


def shortages(run: Run) -> list[Shortage]:
    """Each stretch with too few, in order."""
    found: list[Shortage] = []
    for begin, end, ready, need in lacks(run):
        lacking = round(need - ready)
        if found and found[-1].begin + found[-1].seconds == begin:
            last = found.pop()
            begin, lacking = last.begin, max(last.lacking, lacking)
        found.append(Shortage(begin, end - begin, lacking))
    return found


def replica_hours(run: Run) -> float:
    """Of the replicas that were ready."""
    return sum(lasts * ready for lasts, _, ready in run.pieces) / 3600


def busiest_hour(run: Run) -> int:
    """The most commits of any hour."""
    seconds = [commit.second for commit in run.commits]
    most, first = 0, 0
    for last, second in enumerate(seconds):
        while seconds[first] <= second - 3600:
            first += 1
        most = max(most, last - first + 1)
    return most
