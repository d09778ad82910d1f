"""The results of docs/results.md: policies through Git beside a live HPA, over public traces.

`python -m tests.docs.results` writes the tables and pictures; it needs the folder of the traces.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bridge.backtest.closed_loop import Run, run, run_fixed, run_live
from bridge.backtest.contest import Terms, first_count, loop_of
from bridge.backtest.elasticity import busiest_hour, elasticity, replica_hours
from bridge.backtest.load import Load, pieces
from bridge.backtest.search import Cost, part
from bridge.backtest.trace import parse_trace
from bridge.backtest.workload import Given, Workload, of_trace
from bridge.observe.load_plot import Plot, Supply, svg
from bridge.policy.model import ScalingPolicy
from tests.backtest.loops import written
from tests.docs.bound import Limits, least_under_time
from tests.docs.markdown import ROOT
from tests.policy.given import policy

PAGE: Final = ROOT / "docs" / "results.md"
FOLDER: Final = Path(os.environ.get("TRACES", ROOT.parent / "shared" / "traces"))
DAY: Final = 86_400
SHORT_CUT_S: Final = 3 * 3600
MEAN_REPLICAS: Final = 10
DEAD_TIME_S: Final = 30.0
DEARER: Final = 1.05
FEWER: Final = 0.1
BUDGET: Final = 2
"""Commits an hour; scale-ups may make one more."""
LEVEL: Final[dict[str, Any]] = {"level": {}}
FORECAST_SHARE: Final = 1.04
"""Of the target: a forecast asks for more than the load of now."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some days of a trace; None: to its end."""

    name: str
    file: str
    begin: int = 0
    end: int | None = None


STRETCHES: Final = (
    Stretch("nasa", "nasa_1995_jul_diurnal.csv", 8 * DAY, 10 * DAY),
    Stretch("nasa, day 13", "nasa_1995_jul_diurnal.csv", 12 * DAY),
    Stretch("aws", "aws_elb_noisy.csv", 0, 2 * DAY),
    Stretch("azure", "azure_llm_code_bursty_1s.csv"),
)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A policy's settings, through Git or by a live HPA."""

    name: str
    behavior: dict[str, Any]
    forecast: str | None = None
    live: bool = False
    share: float = 1.0
    """Of the target that all others have."""
    budget: int | None = None

    def policy(self, target: float) -> ScalingPolicy:
        """One metric, averaged over two minutes as `rate(…[2m])` is."""
        milli = max(1, round(1000 * target * self.share))
        asked: dict[str, Any] = {
            "name": "requests",
            "query": "sum(rate(requests[2m]))",
            "target": {"type": "AverageValue", "value": f"{milli}m"},
        }
        if self.forecast:
            asked["forecast"] = {"type": "linear", "window": self.forecast}
        return policy("web", maxReplicas=1000, metrics=[asked], behavior=self.behavior)


CONTESTANTS: Final = (
    Contestant("live HPA", {}, live=True),
    Contestant("through Git, as an HPA", {}),
    Contestant("through Git, level", LEVEL),
    Contestant("level, with a budget", LEVEL, budget=BUDGET),
    Contestant("level, with a forecast", LEVEL, "10m", share=FORECAST_SHARE),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a contestant."""

    contestant: Contestant
    workload: Workload
    run: Run
    cost: Cost

    @property
    def most(self) -> int:
        """Changes in the busiest hour."""
        return busiest_hour(self.run)


def loaded(stretch: Stretch, seconds: int | None = None) -> Load:
    """The stretch, or as many seconds of its beginning."""
    path = FOLDER / stretch.file
    load = parse_trace(path.read_text("utf-8"), stretch.file)
    end = load.end if stretch.end is None else stretch.end
    return part(load, stretch.begin, end if seconds is None else min(end, stretch.begin + seconds))


def outcomes(load: Load) -> Iterator[Outcome]:
    """Each contestant over the load, which asks for ten replicas on average."""
    known = [(s, a) for s, a, _ in pieces(load, [0], [0], 0, load.end) if a is not None]
    mean = sum(s * a for s, a in known) / sum(s for s, _ in known)
    target = mean / MEAN_REPLICAS
    capacity = of_trace(CONTESTANTS[0].policy(target), load, Given()).capacity
    for one in CONTESTANTS:
        workload = of_trace(one.policy(target), load, Given(capacity=capacity))
        yield _outcome(one, workload, _played(one, workload))


def _outcome(one: Contestant, workload: Workload, made: Run) -> Outcome:
    cost = Cost(
        replica_hours=replica_hours(made),
        under_time=elasticity(made, 15).under_time,
        commits_per_hour=len(made.commits) / (made.load.end / 3600),
    )
    return Outcome(one, workload, made, cost)


def fixed(live: Outcome) -> Outcome:
    """As many as the goal's replica-hours are enough for, all the time."""
    load = live.workload.need
    count = int(DEARER * live.cost.replica_hours * 3600 / load.end)
    return _outcome(Contestant(f"fixed {count}", {}), live.workload, run_fixed(load, count))


def _played(one: Contestant, workload: Workload) -> Run:
    terms = Terms(dead_times=(DEAD_TIME_S,), commits_per_hour=one.budget)
    play, late = (run_live, terms.pod_start) if one.live else (run, DEAD_TIME_S)
    first = first_count(workload)
    return play(workload.policy, loop_of(workload, terms, late), workload.need, first)


def rows(stretch: Stretch, found: list[Outcome]) -> Iterator[str]:
    """A line of the table for each contestant, beside the live HPA."""
    live = found[0].cost
    for one in (*found, fixed(found[0])):
        cost = one.cost
        met = "" if one.contestant.live else ("yes" if reaches(cost, live) else "no")
        yield (
            f"| {stretch.name} | {one.contestant.name} | {cost.under_time:.2f} % "
            f"| {cost.replica_hours:.1f} | {_share(cost.replica_hours, live.replica_hours)} "
            f"| {cost.commits_per_hour:.2f} ({one.most}) "
            f"| {_share(cost.commits_per_hour, live.commits_per_hour)} | {met} |"
        )
    need, hours = found[0].workload.need, live.replica_hours
    limits = Limits(DEARER * hours, int(FEWER * len(found[0].run.commits)))
    least = least_under_time(need, limits)
    yield (
        f"| {stretch.name} | no plan at all below | {least:.2f} % | {limits.replica_hours:.1f} "
        f"| {DEARER} | {limits.changes * 3600 / need.end:.2f} | {FEWER} | |"
    )


def reaches(cost: Cost, live: Cost) -> bool:
    """No shorter than the live HPA, at 1.05 of its hours and a tenth of its changes."""
    return (
        cost.under_time <= live.under_time
        and cost.replica_hours <= DEARER * live.replica_hours
        and cost.commits_per_hour <= FEWER * live.commits_per_hour
    )


def _share(own: float, theirs: float) -> str:
    return f"{own / theirs:.2f}" if theirs else "-"


def picture(stretch: Stretch, found: list[Outcome]) -> str:
    """The level and the live HPA under the need."""
    need, begin = found[0].workload.need, found[0].workload.begin
    supplies = [
        Supply(
            one.contestant.name,
            list(zip(one.run.starts, one.run.ready, strict=True)),
            [commit.second for commit in one.run.commits],
        )
        for one in (found[2], found[0])
    ]
    steps = list(zip(need.starts, need.amounts, strict=True))
    return svg(Plot(stretch.name, begin, need.end, steps, supplies))


def main() -> None:
    """Plays anew and writes."""
    lines: list[str] = []
    cuts: list[str] = []
    for stretch in STRETCHES:
        found = list(outcomes(loaded(stretch)))
        lines += rows(stretch, found)
        if (drawn := PAGE.parent / "pictures" / f"{stretch.name}.svg").exists():
            drawn.write_text(picture(stretch, found))
        print("\n".join(lines[-len(CONTESTANTS) - 2 :]), flush=True)  # noqa: T201 - progress
        cuts += rows(stretch, list(outcomes(loaded(stretch, SHORT_CUT_S))))
    page = written(PAGE.read_text("utf-8"), "results", lines)
    PAGE.write_text(written(page, "short cuts", cuts), "utf-8")


if __name__ == "__main__":
    main()
