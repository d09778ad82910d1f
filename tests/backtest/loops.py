"""The closed loops of docs/dead-time.md: metrics, demands and lags. `python -m` writes the tables.

One replica serves 170 units of work a second, and shall have 100 of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bridge.backtest.closed_loop import Loop, Metric, Run, run
from bridge.backtest.demand import Curve, noisy_day, ramp, spike, step
from bridge.batch.batcher import Debounce
from tests.policy.given import metric, policy

PAGE: Final = Path(__file__).parents[2] / "docs" / "dead-time.md"
CAPACITY: Final = 170
GOAL: Final = 100
LAGS: Final = (15, 60, 180, 300)
CURVES: Final = (
    step(400, 1600, at=300, seconds=2700),
    ramp(400, 1600, start=300, end=1500, seconds=2700),
    spike(400, 1600, start=300, end=600, seconds=2700),
    noisy_day(300, 1600, noise=0.1, seconds=10_800),
)


def total(demand: float, ready: int) -> float:
    """All that is asked for, whoever serves it."""
    return demand if ready >= 0 else 0.0


def share(demand: float, ready: int) -> float:
    """What one replica has of it, in exact proportion."""
    return demand / max(ready, 1)


def busy(demand: float, ready: int) -> float:
    """The share of the workers that are taken: 1 is all that it can say."""
    return min(1.0, share(demand, ready) / CAPACITY)


def latency(demand: float, ready: int) -> float:
    """The seconds to an answer: flat, steep, and out of hand where too few are ready."""
    taken = share(demand, ready) / CAPACITY
    return 0.06 / (1 - min(taken, 0.9)) + 2 * max(0.0, taken - 1)


@dataclass(frozen=True, slots=True)
class Metered:
    """A metric of a policy, and what it says."""

    name: str
    type: str
    target: float
    says: Metric


METRICS: Final = (
    Metered("total", "AverageValue", GOAL, total),
    Metered("share", "Value", GOAL, share),
    Metered("busy", "Value", round(GOAL / CAPACITY, 3), busy),
    Metered("latency", "Value", round(latency(GOAL, 1), 3), latency),
)


def looped(metered: Metered, curve: Curve, lag: float, **spec: Any) -> Run:
    """A run at that lag, two thirds of which the pods take to start; 4 replicas carry 400."""
    asked = {**metric("load", metered.target, metered.type), **spec.pop("metric", {})}
    loop = Loop(
        metrics={"load": metered.says},
        reconcile=lag / 3,
        start=lag * 2 / 3,
        debounce=Debounce(10, 30),
        scale_up=Debounce(1, 5),
    )
    given = policy(maxReplicas=200, metrics=[asked], **spec)
    return run(given, loop, curve, math.ceil(curve.at(0) / GOAL))


def need(curve: Curve) -> int:
    """The replicas that the curve's highest demand needs."""
    return math.ceil(max(map(curve.at, range(curve.seconds))) / GOAL)


def short(found: Run) -> int:
    """Seconds in which the ready replicas could not serve all."""
    pairs = zip(found.demand, found.ready, strict=True)
    return sum(demand > ready * CAPACITY for demand, ready in pairs)
