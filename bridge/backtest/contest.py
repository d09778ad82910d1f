"""Side by side over one load: the policy through Git, a live HPA, and a fixed count. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bridge.backtest.closed_loop import Loop, Run, run, run_fixed, run_live
from bridge.backtest.elasticity import (
    Elasticity,
    Shortage,
    busiest_hour,
    elasticity,
    replica_hours,
    shortages,
)
from bridge.backtest.load import Load, pieces
from bridge.backtest.pilot import interval_of
from bridge.backtest.workload import Workload
from bridge.batch.batcher import Debounce
from bridge.units import short_duration

Kind = Literal["git", "hpa", "fixed"]

_DEBOUNCE, _SCALE_UP = Debounce(10, 30), Debounce(1, 5)
"""The service's defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How late everything comes, in seconds, and who plays."""

    dead_times: tuple[float, ...] = (30.0,)
    """From a commit to ready pods, their start included: one contestant each."""
    pod_start: float = 10.0
    debounce: Debounce = _DEBOUNCE
    scale_up: Debounce = _SCALE_UP
    commits_per_hour: int | None = None
    fixed: int | None = None
    """Instead of the need's peak and mean."""
    replicas: int | None = None
    """In the beginning; None: what the first demand needs, within the policy's bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one contestant."""

    name: str
    kind: Kind
    run: Run
    elasticity: Elasticity
    replica_hours: float
    commits_per_hour: float
    busiest_hour: int
    """The most commits, or changes of a live count, in any hour."""
    worst: Shortage | None
    """The shortage that lacked the most replicas."""
    longest: Shortage | None


def contest(workload: Workload, terms: Terms) -> Iterator[Result]:
    """One contestant after the other, as each is done."""
    interval = interval_of(workload.policy)
    first = first_count(workload) if terms.replicas is None else terms.replicas
    for dead_time in terms.dead_times:
        loop = loop_of(workload, terms, dead_time)
        name = f"through Git, {short_duration(dead_time)}"
        yield result(name, "git", run(workload.policy, loop, workload.need, first), interval)
    live = run_live(
        workload.policy, loop_of(workload, terms, terms.pod_start), workload.need, first
    )
    yield result("live HPA", "hpa", live, interval)
    for name, count in _fixed(workload, terms):
        yield result(name, "fixed", run_fixed(workload.need, count), interval)


def loop_of(workload: Workload, terms: Terms, dead_time: float) -> Loop:
    """The loop that a dead time makes; of it the pods' start comes after the reconciler."""
    return Loop(
        metrics=workload.meters,
        reconcile=max(0.0, dead_time - terms.pod_start),
        start=min(terms.pod_start, dead_time),
        debounce=terms.debounce,
        scale_up=terms.scale_up,
        commits_per_hour=terms.commits_per_hour,
        begin=workload.begin,
        alerts=workload.alerts,
    )


def result(name: str, kind: Kind, found: Run, interval: int) -> Result:
    """A run in numbers."""
    lacking = shortages(found)
    hours = found.load.end / 3600
    return Result(
        name=name,
        kind=kind,
        run=found,
        elasticity=elasticity(found, interval),
        replica_hours=replica_hours(found),
        commits_per_hour=len(found.commits) / hours,
        busiest_hour=busiest_hour(found),
        worst=max(lacking, key=lambda one: (one.lacking, one.seconds), default=None),
        longest=max(lacking, key=lambda one: one.seconds, default=None),
    )


def first_count(workload: Workload) -> int:
    """What the first demand needs, within the policy's bounds."""
    spec = workload.policy.spec
    return max(spec.min_replicas, min(math.ceil(workload.need.first), spec.max_replicas))


def _fixed(workload: Workload, terms: Terms) -> list[tuple[str, int]]:
    if terms.fixed is not None:
        return [(f"fixed {terms.fixed}", terms.fixed)]
    peak, mean = peak_and_mean(workload.need)
    return [(f"fixed {peak} (peak)", peak), (f"fixed {mean} (mean)", mean)]


def peak_and_mean(need: Load) -> tuple[int, int]:
    """Of what is known of it; the mean rounded up."""
    known = [(n, a) for n, a, _ in pieces(need, [0], [0], 0, need.end) if a is not None]
    total = sum(lasts for lasts, _ in known)
    peak = max((amount for _, amount in known), default=0.0)
    mean = sum(lasts * amount for lasts, amount in known) / total if total else 0.0
    return math.ceil(peak), math.ceil(mean)
