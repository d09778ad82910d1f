"""A policy, a live HPA and a fixed count over the same load; and what can't be played."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.backtest.contest import Result, Terms, contest, first_count, peak_and_mean
from bridge.backtest.load import Load
from bridge.backtest.workload import Given, Workload, of_history, of_trace
from bridge.errors import PolicyInvalid
from bridge.evaluate.reading import Moment, Reading
from tests.policy.given import metric, policy

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
STEPS = Load([0, 600, 1800], [200.0, 900.0, 100.0], 3600)
SCALING = {"formula": "load / 2", "target": 50}


def played(workload: Workload, **terms: Any) -> dict[str, Result]:
    """The results by name."""
    return {one.name: one for one in contest(workload, Terms(**terms))}


def counts(found: Result) -> list[tuple[int, int]]:
    """Each commit's second and count."""
    return [(commit.second, commit.after) for commit in found.run.commits]


def test_the_later_a_count_comes_the_more_is_lacking() -> None:
    found = played(of_trace(policy(), STEPS, Given()), dead_times=(30.0, 300.0))
    soon, late, live, peak, mean = found.values()
    assert list(found) == [
        "through Git, 30s",
        "through Git, 5m",
        "live HPA",
        "fixed 9 (peak)",
        "fixed 4 (mean)",
    ]
    lacking = [one.elasticity.under_time for one in (live, soon, late, mean)]
    assert lacking == sorted(lacking)
    assert len(set(lacking)) == 4
    assert (peak.elasticity.under_time, peak.run.commits, peak.replica_hours) == (0, [], 9)
    assert (soon.run.dead_time, late.run.dead_time, live.run.dead_time) == (30, 300, None)
    assert soon.worst
    assert (soon.worst.begin, soon.worst.lacking) == (600, 7)


def test_a_commit_waits_for_the_debounce_and_pods_for_the_dead_time() -> None:
    (found, *_) = played(of_trace(policy(), STEPS, Given()), dead_times=(30.0,)).values()
    assert counts(found)[0] == (601, 6)  # a quiet second; no more than 4 pods or double at once
    assert found.run.starts[1] == 631
    assert found.run.ready[1] == 6


def test_a_budget_delays_scale_downs() -> None:
    waves = Load([n * 120 for n in range(30)], [200.0 + 300 * (n % 2) for n in range(30)], 3600)
    quick = policy(behavior={"scaleDown": {"stabilizationWindowSeconds": 0}})
    workload = of_trace(quick, waves, Given())
    free, bound = (
        played(workload, dead_times=(10.0,), commits_per_hour=limit)["through Git, 10s"]
        for limit in (None, 4)
    )
    assert free.busiest_hour > 20
    assert 4 <= bound.busiest_hour <= 6  # scale-ups may make half as many more
    assert bound.replica_hours > free.replica_hours


def test_one_starts_with_what_the_first_demand_needs() -> None:
    workload = of_trace(policy(minReplicas=3), STEPS, Given())
    assert first_count(workload) == 3
    assert played(workload, replicas=7, fixed=5)["fixed 5"].run.replicas == 5
    assert played(workload, replicas=7)["live HPA"].run.replicas == 7


def test_the_default_capacity_is_the_target_and_the_tolerance() -> None:
    workload = of_trace(policy(), STEPS, Given())
    assert workload.capacity == pytest.approx(110)
    assert workload.need == Load([0, 600, 1800], [2.0, 9.0, 1.0], 3600)
    assert peak_and_mean(workload.need) == (9, 4)
    assert of_trace(policy(), STEPS, Given(capacity=450)).need.amounts == [1.0, 2.0, 1.0]


def test_a_gap_asks_for_nothing_and_counts_for_nothing() -> None:
    gap = Load([0, 600, 1200], [200.0, None, 200.0], 1800)
    (found, *_) = played(of_trace(policy(), gap, Given())).values()
    assert found.run.commits == []
    assert (found.elasticity.under_time, found.elasticity.over_time) == (0, 0)


def test_a_ratio_answers_to_the_count() -> None:
    share = policy(metrics=[metric("busy", 0.7, "Value")])
    workload = of_trace(share, STEPS, Given(capacity=110))
    (found, *_) = played(workload).values()
    assert found.run.peak == 9
    reasons = found.run.commits[0].reason
    assert reasons.startswith("busy 3.15 against 0.7 with 2 ready asks for 9")


def test_schedules_and_limits_hold_in_the_simulation_too() -> None:
    opening = {"name": "day", "timezone": "UTC", "start": "5 0 * * *", "end": "0 9 * * *"}
    scheduled = policy(schedules=[{**opening, "minReplicas": 12}], maxReplicas=14)
    (found, *_) = played(of_trace(scheduled, STEPS, Given())).values()
    assert counts(found)[0] == (301, 12)  # the load starts at midnight


def test_a_fallback_stands_in_for_a_gap() -> None:
    gap = Load([0, 600, 1200], [200.0, None, 200.0], 1800)
    falls_back = policy(fallback={"failureThreshold": 3, "replicas": 6})
    (found, *_) = played(of_trace(falls_back, gap, Given())).values()
    assert counts(found)[0] == (646, 6)  # with the fourth failure, at 645


def test_a_workload_rests_and_is_woken() -> None:
    idle = Load([0, 600, 1800], [200.0, 0.0, 300.0], 2400)
    resting = policy(
        minReplicas=0,
        cooldownPeriod="120s",
        metrics=[{**metric("load"), "activationValue": 5}],
        behavior={"scaleDown": {"stabilizationWindowSeconds": 0}},
    )
    (found, *_) = played(of_trace(resting, idle, Given())).values()
    assert 0 in [after for _, after in counts(found)]
    assert counts(found)[-1][1] == 3
    assert found.run.ready[-1] == 3


def test_a_forecast_lacks_less_on_a_steady_rise() -> None:
    rise = Load([15 * n for n in range(240)], [200.0 + 5 * n for n in range(240)], 3600)
    line = {**metric("load"), "forecast": {"type": "linear", "window": "5m"}}
    plain, ahead = (
        played(of_trace(policy(metrics=[asked]), rise, Given()), dead_times=(180.0,))
        for asked in (metric("load"), line)
    )
    lacking = [one["through Git, 3m"].elasticity.under_accuracy for one in (plain, ahead)]
    assert lacking[1] < 0.5 * lacking[0]
    assert plain["live HPA"].elasticity == ahead["live HPA"].elasticity


def test_what_the_trace_can_t_tell_is_left_out_and_said() -> None:
    both = policy(
        metrics=[metric("load"), metric("jobs", 5)],
        alerts=[{"match": {"alertname": "Hot"}, "minReplicas": 9}],
        approval={"whenChangeExceeds": "50%"},
        suspend=True,
    )
    workload = of_trace(both, STEPS, Given(metric="load"))
    assert [one.name for one in workload.policy.spec.metrics] == ["load"]
    assert [note.split(": ")[0] for note in workload.notes] == [
        "jobs",
        "spec.alerts",
        "spec.approval",
        "spec.suspend",
    ]


@pytest.mark.parametrize(
    ("spec", "given", "told"),
    [
        (
            {"metrics": [metric("load"), metric("jobs")]},
            Given(),
            "web: say by --metric which the trace is of: load, jobs",
        ),
        ({}, Given(metric="jobs"), "web: no metric is named jobs; there are: load"),
        (
            {"metrics": [metric("busy", 1, "Value")]},
            Given(),
            "web: metric busy: a target of type Value does not say how much one replica serves",
        ),
        (
            {"scalingModifiers": SCALING},
            Given(),
            "web: metric load: a formula does not say how much one replica serves",
        ),
        (
            {
                "metrics": [metric("load"), metric("jobs")],
                "scalingModifiers": {"formula": "load + jobs", "target": 5},
            },
            Given(metric="load", capacity=5),
            "web: spec.scalingModifiers needs jobs, which a trace of one load does not tell",
        ),
        (
            {"scaleTargetRef": None, "scaleTargetSelector": {"matchLabels": {"tier": "web"}}},
            Given(),
            "web: spec.scaleTargetSelector: a fleet: say which of its members to play",
        ),
    ],
)
def test_what_can_t_be_played_is_refused(spec: dict[str, Any], given: Given, told: str) -> None:
    with pytest.raises(PolicyInvalid, match=re.escape(told)):
        of_trace(policy(**spec), STEPS, given)


def test_a_formula_is_played_with_a_capacity() -> None:
    formula = policy(scalingModifiers=SCALING)
    (found, *_) = played(of_trace(formula, STEPS, Given(capacity=110))).values()
    assert found.run.peak == 9


def recorded(*rows: tuple[float | None, float | None, int | None]) -> list[Moment]:
    """Moments of `load`, a total, and `busy`, a ratio; and ready replicas."""
    return [
        Moment(NOON + timedelta(seconds=15 * n), (Reading("load", a), Reading("busy", b)), ready)
        for n, (a, b, ready) in enumerate(rows)
    ]


BOTH = [metric("load"), metric("busy", 0.5, "Value")]


def test_a_recorded_ratio_is_a_load_by_its_ready_replicas() -> None:
    moments = recorded((300, 0.5, 4), (300, 1.0, 4), (None, 1.0, None), (300, 0.1, 3))
    workload = of_history(policy(metrics=BOTH), moments, Given())
    busy = workload.meters["busy"]
    assert busy.load == Load([0, 15, 30, 45], [2.0, 4.0, None, 0.1 * 3], 60)
    assert busy.says
    assert busy.says(4.0, 8) == 0.5
    assert workload.need.amounts == [4.0, 8.0, None, 3.0]  # the highest of both wishes
    assert workload.begin == NOON
    assert workload.capacity == pytest.approx(110)


def test_recorded_metrics_of_a_formula_need_a_capacity() -> None:
    formula = policy(metrics=BOTH, scalingModifiers={"formula": "load * busy", "target": 50})
    moments = recorded((300, 0.5, 4), (300, 1.0, 4))
    with pytest.raises(PolicyInvalid, match="a formula does not say"):
        of_history(formula, moments, Given())
    workload = of_history(formula, moments, Given(metric="load", capacity=100))
    assert workload.need.amounts == [3.0]
