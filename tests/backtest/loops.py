"""The closed loops of docs/dead-time.md: metrics, demands and lags, and its tables.

One replica serves 170 units of work a second, and shall have 100 of them.
`python -m tests.backtest.loops` writes the tables into the page.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from bridge.backtest.closed_loop import Loop, Run, Seen, run
from bridge.backtest.demand import Curve
from bridge.backtest.load import Load
from bridge.backtest.meter import Meter, Says
from bridge.batch.batcher import Debounce
from tests.policy.given import metric, policy

PAGE: Final = Path(__file__).parents[2] / "docs" / "dead-time.md"
CAPACITY: Final = 170
GOAL: Final = 100
LAGS: Final = (15, 60, 180, 300)


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
        draw = random.Random(f"{seed}:{quarter}")
        return 1 + noise * draw.uniform(-1, 1)

    def demand(t: float) -> float:
        day = (1 - math.cos(2 * math.pi * t / seconds)) / 2
        return (low + (high - low) * day) * share(int(t // 15))

    return Curve("noisy day", seconds, demand)


CURVES: Final = (
    step(400, 1600, at=300, seconds=2700),
    ramp(400, 1600, start=300, end=1500, seconds=2700),
    spike(400, 1600, start=300, end=600, seconds=2700),
    noisy_day(300, 1600, noise=0.1, seconds=7200),
)


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
    """A metric of a policy: what it says, and over how many seconds that is averaged."""

    name: str
    says: Says | None
    type: str = "Value"
    averaged: int = 1

    @property
    def target(self) -> float:
        """What it says where each replica has what it shall have."""
        return GOAL if self.says is None else round(self.says(GOAL, 1), 3)

    def over(self, seconds: int) -> Metered:
        """The same, averaged."""
        return Metered(f"{self.name} over {seconds} s", self.says, self.type, seconds)


TOTAL: Final = Metered("total", None, "AverageValue")
PLAIN: Final = (
    TOTAL,
    Metered("share", share),
    Metered("busy", busy),
    Metered("latency", latency),
)
METRICS: Final = (*PLAIN, *(metered.over(120) for metered in PLAIN[1:]))
FORECASTS: Final[dict[str, dict[str, Any]]] = {
    "off": {},
    "linear": {"forecast": {"type": "linear", "window": "5m"}},
    "seasonal": {"forecast": {"type": "seasonal", "period": CURVES[3].seconds}},
}


def looped(
    metered: Metered, curve: Curve, lag: float, forecast: str = "off", seen: Seen | None = None
) -> Run:
    """A run at that lag, two thirds of which the pods take to start."""
    asked = {**metric("load", metered.target, metered.type), **FORECASTS[forecast]}
    if metered.averaged > 1:
        asked["query"] = f"avg_over_time(load[{metered.averaged}s])"
    load = Load.of(curve, before=curve.seconds)
    loop = Loop(
        metrics={"load": Meter(load, metered.says, metered.averaged)},
        reconcile=lag / 3,
        start=lag * 2 / 3,
        debounce=Debounce(10, 30),
        scale_up=Debounce(1, 5),
    )
    given = policy(maxReplicas=200, metrics=[asked])
    return run(given, loop, load, math.ceil(curve.at(0) / GOAL), seen)


def need(curve: Curve) -> int:
    """The replicas that the curve's highest demand needs."""
    return math.ceil(max(map(curve.at, range(curve.seconds))) / GOAL)


def short(found: Run) -> int:
    """Seconds in which the ready replicas could not serve all."""
    return sum(
        lasts
        for lasts, demand, ready in found.pieces
        if demand is not None and demand > ready * CAPACITY
    )


def lacking(found: Run) -> float:
    """Replica-minutes below what the demand of the moment needed."""
    return (
        sum(
            lasts * max(0.0, demand / GOAL - ready)
            for lasts, demand, ready in found.pieces
            if demand is not None
        )
        / 60
    )


def hours(found: Run) -> float:
    """Replica-hours that were ready."""
    return sum(lasts * ready for lasts, _, ready in found.pieces) / 3600


def at_each_lag(metered: Metered, curve: Curve, forecast: str = "off") -> list[Run]:
    """One run for each lag."""
    return [looped(metered, curve, lag, forecast) for lag in LAGS]


def loop_row(metered: Metered, curve: Curve, found: Sequence[Run]) -> str:
    """Peak, turns and seconds short, at each lag."""
    cells = (f"{one.peak} / {one.turns} / {short(one)}" for one in found)
    return _row(metered.name, curve.name, need(curve), *cells)


def forecast_row(curve: Curve, forecast: str, found: Sequence[Run]) -> str:
    """Peak, replica-minutes lacking and replica-hours, at each lag."""
    cells = (f"{one.peak} / {lacking(one):.0f} / {hours(one):.1f}" for one in found)
    return _row(curve.name, forecast, need(curve), *cells)


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


LOOPS: Final = [
    (metered, curve)
    for metered in METRICS
    for curve in CURVES
    if metered.averaged == 1 or curve.name != "noisy day"
]
FORECAST_LOOPS: Final = [
    (curve, forecast)
    for curve in CURVES
    for forecast in FORECASTS
    if forecast != "seasonal" or curve.name == "noisy day"
]


def written(page: str, name: str, rows: Iterable[str]) -> str:
    """The page with the rows of one of its tables, between its comments."""
    begin, end = re.escape(f"<!-- {name} -->"), re.escape(f"<!-- end of {name} -->")
    table = re.compile(rf"({begin}\n.*\n.*\n)(?:.*\n)*?({end})")
    lines = "".join(f"{row}\n" for row in rows)
    return table.sub(lambda match: match[1] + lines + match[2], page)


def main() -> None:
    """Measures anew and writes."""
    page = PAGE.read_text("utf-8")
    loops = [loop_row(*one, at_each_lag(*one)) for one in LOOPS]
    page = written(page, "loops", loops)
    forecasts = [forecast_row(*one, at_each_lag(TOTAL, *one)) for one in FORECAST_LOOPS]
    page = written(page, "forecasts", forecasts)
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
