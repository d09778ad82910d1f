"""To and from zero or idle, by activity."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.decide.window import window_to_know
from bridge.evaluate.reading import Past
from tests.decide.given import decided, every_15_s, moment
from tests.policy.given import metric, policy

ZERO = {"minReplicas": 0, "cooldownPeriod": "60s"}
IDLE = {"minReplicas": 5, "idleReplicas": 1, "cooldownPeriod": "60s"}
QUIET = every_15_s(range(15, 400, 15), load=0)


@pytest.mark.parametrize(
    ("spec", "load", "count", "desired", "reason"),
    [
        pytest.param(ZERO, 1, 0, 1, "a metric is active: woken to 1", id="woken to one"),
        pytest.param(ZERO, 950, 0, 5, "the metrics raise it to 5", id="woken as far as allowed"),
        pytest.param(ZERO, 0, 0, 0, "no metric is active, at rest at 0", id="asleep"),
        pytest.param(ZERO, 0, 4, 0, "for the cooldown period: set to 0", id="to zero"),
        pytest.param(IDLE, 1, 1, 5, "a metric is active: woken to 5", id="from idle"),
        pytest.param(IDLE, 0, 1, 1, "at rest at 1", id="idle"),
        pytest.param(IDLE, 0, 5, 1, "for the cooldown period: set to 1", id="to idle"),
    ],
)
def test_by_activity(
    spec: dict[str, Any], load: float, count: int, desired: int, reason: str
) -> None:
    made = decided(policy(**spec), moment(load=load), count, QUIET)
    assert made.desired == desired
    assert reason in made.reason


def test_the_activation_value_is_exceeded_not_reached() -> None:
    asked = policy(minReplicas=0, metrics=[{**metric("load"), "activationValue": 50}])
    assert decided(asked, moment(load=50), 0).desired == 0
    assert decided(asked, moment(load=51), 0).desired == 1


def test_cooling_down_holds_one() -> None:
    past = [*every_15_s(range(60, 400, 15), load=0), moment(45, load=1), moment(30, load=0)]
    past.append(moment(15, load=0))
    made = decided(policy(**ZERO), moment(load=0), 1, past)
    assert made.desired == 1
    assert "cooling down for 60 s" in made.reason


@pytest.mark.parametrize(
    "past",
    [
        pytest.param([], id="nothing is recorded"),
        pytest.param(every_15_s(range(15, 60, 15), load=0), id="recorded too short a time"),
        pytest.param(Past(error="timeout"), id="the past can't be had"),
        pytest.param([*QUIET[:-2], moment(30, load=None), QUIET[-1]], id="a gap of late"),
    ],
)
def test_what_is_unknown_keeps_it_awake(past: Any) -> None:
    made = decided(policy(**ZERO), moment(load=0), 1, past)
    assert made.desired == 1


def test_at_rest_nothing_of_the_past_is_asked_for() -> None:
    asked = policy(**ZERO)
    assert window_to_know(asked, moment(load=0), 0) == 0
    assert window_to_know(asked, moment(load=0), 1) == 300


def test_a_failing_metric_keeps_it_awake() -> None:
    other = {**metric("load"), "name": "jobs", "query": "jobs"}
    asked = policy(**ZERO, metrics=[metric("load"), other])
    past = every_15_s(range(15, 400, 15), load=0, jobs=0)
    made = decided(asked, moment(load=0, jobs=None), 3, past)
    assert made.desired == 3
    assert made.errors == ("jobs unknown (no data)",)


def test_at_rest_an_unknown_metric_is_not_told_as_inactive() -> None:
    made = decided(policy(**ZERO), moment(load="no answer"), 0, QUIET)
    assert made.desired == 0
    assert made.reasons[-1] == "no metric is known to be active, at rest at 0"


def test_zero_is_the_hpas_where_no_rest_is_asked_for() -> None:
    made = decided(policy(minReplicas=0), moment(load=0), 3)
    assert made.desired == 0
    assert "cooldown" not in made.reason


def test_a_paused_scale_out_is_told() -> None:
    made = decided(policy(**ZERO, pausedScaleOut=True), moment(load=5), 0)
    assert made.reasons[-1] == "pausedScaleOut: not woken, at rest at 0"


def test_a_persons_zero_is_left_alone() -> None:
    made = decided(policy(), moment(load=900), 0)
    assert made.desired == 0
    assert "left alone until a person scales it up" in made.reason
