"""One setting of a policy played over loads that are split in two. Pure; fit for a process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bridge.backtest.alert_history import AlertHistory
from bridge.backtest.closed_loop import run, run_live
from bridge.backtest.contest import Result, Terms, first_count, loop_of, result
from bridge.backtest.knobs import Knobs
from bridge.backtest.load import Load
from bridge.backtest.pilot import interval_of
from bridge.backtest.search import Cost, Judged, part, total
from bridge.backtest.workload import Given, Workload, of_trace
from bridge.batch.batcher import Debounce
from bridge.policy.lone import alone
from bridge.policy.model import ScalingPolicy

_TRAINING = 2 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What every setting is played over."""

    document: Mapping[str, Any]
    """The policy's file as plain data."""
    loads: Sequence[Load]
    given: Given
    """With the capacity, which stays when the target is turned."""
    terms: Terms
    member: str | None = None
    """Which of a fleet's members."""
    alerts: AlertHistory | None = None
    """None where nobody knows when any fired."""
    averaged: bool = False
    """Whether the loads are what queries said, with their ranges in them already."""


def played(course: Course, knobs: Knobs) -> Judged:
    """Through Git, with this setting."""
    policy = alone(knobs.of(course.document), course.member)
    wait = Debounce(knobs.debounce, max(5.0, knobs.debounce))
    return _judged(course, policy, replace(course.terms, scale_up=wait))


def as_it_is(course: Course, debounce: float) -> Judged:
    """Through Git, with the policy's own settings."""
    return played(course, Knobs({}, debounce))


def by_live_hpa(course: Course) -> Judged:
    """A live HPA of the policy as it is."""
    return _judged(
        course, alone(Knobs().of(course.document), course.member), course.terms, live=True
    )


def _judged(course: Course, policy: ScalingPolicy, terms: Terms, *, live: bool = False) -> Judged:
    found: list[list[tuple[Cost, int]]] = [[], []]
    for load in course.loads:
        middle = round(load.end * _TRAINING)
        for costs, (begin, end) in zip(found, ((0, middle), (middle, load.end)), strict=True):
            piece = part(load, begin, end)
            begins = course.given.begin + timedelta(seconds=begin)
            given = replace(course.given, begin=begins)
            workload = of_trace(policy, piece, given, course.alerts)
            if course.averaged:
                meters = {name: replace(one, span=1) for name, one in workload.meters.items()}
                workload = replace(workload, meters=meters)
            costs.append((_cost(workload, terms, live=live), end - begin))
    return Judged(total(found[0]), total(found[1]))


def _cost(workload: Workload, terms: Terms, *, live: bool) -> Cost:
    first = first_count(workload)
    play, seconds = (run_live, terms.pod_start) if live else (run, terms.dead_times[0])
    found = play(workload.policy, loop_of(workload, terms, seconds), workload.need, first)
    said: Result = result("", "git", found, interval_of(workload.policy))
    return Cost(
        replica_hours=said.replica_hours,
        under_time=said.elasticity.under_time,
        commits_per_hour=said.commits_per_hour,
    )
