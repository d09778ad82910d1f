"""What stands in for a metric that fails."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.decide.fallback import Fallback, Health, Watched, with_fallback
from bridge.evaluate.reading import Past
from tests.conformance.beyond import whole_number
from tests.decide.given import decided, every_15_s, moment
from tests.policy.given import metric, policy

SIX = {"failureThreshold": 3, "replicas": 6}
GOOD_UNTIL_A_MINUTE_AGO = every_15_s(range(60, 400, 15), load=400)


@pytest.mark.parametrize(
    ("behavior", "count", "desired"),
    [
        ("static", 4, 6),
        ("currentReplicas", 4, 4),
        ("currentReplicasIfHigher", 4, 6),
        ("currentReplicasIfHigher", 9, 9),
        ("currentReplicasIfLower", 4, 4),
    ],
)
def test_replicas_after_the_threshold(behavior: str, count: int, desired: int) -> None:
    asked = policy(fallback={**SIX, "behavior": behavior})
    made = decided(asked, moment(load=None), count, GOOD_UNTIL_A_MINUTE_AGO)
    assert made.desired == desired
    assert made.errors == ("load unknown (no data)",)


def test_none_before_the_threshold() -> None:
    past = every_15_s(range(45, 400, 15), load=400)
    made = decided(policy(fallback=SIX), moment(load=None), 4, past)
    assert made.desired == 4
    assert "failure 3, fallback after 3" in made.reason


def test_none_where_the_failures_can_not_be_counted() -> None:
    for past in (Past(error="timeout"), Past()):
        assert decided(policy(fallback=SIX), moment(load=None), 4, past).desired == 4


def test_a_metric_that_was_never_there_has_failed_all_along() -> None:
    assert decided(policy(fallback=SIX), moment(load=None), 4, []).desired == 6


def test_a_lower_count_waits_for_the_stabilization_window() -> None:
    past = every_15_s(range(60, 400, 15), load=900)
    made = decided(policy(fallback=SIX), moment(load=None), 9, past)
    assert made.desired == 9
    assert "stabilization window" in made.reason


def test_a_lower_count_comes_though_the_window_knows_nothing_else() -> None:
    made = decided(policy(fallback=SIX), moment(load=None), 9)
    assert made.desired == 6
    other = [metric("load"), metric("jobs")]
    past = every_15_s(range(15, 315, 15), load=None, jobs=None)
    now = moment(load=None, jobs=300)
    assert decided(policy(metrics=other, fallback=SIX), now, 9, past).desired == 9


def test_a_value_target_goes_by_what_is_ready() -> None:
    value = {**metric("load"), "target": {"type": "Value", "value": 10}}
    asked = policy(metrics=[value], fallback=SIX)
    past = every_15_s(range(60, 400, 15), load=10)
    assert decided(asked, moment(ready=4, load=None), 4, past).desired == 6
    blind = decided(asked, moment(load=None), 4, past)
    assert blind.desired == 4
    assert "without ready replicas" in blind.reason


def test_an_active_fallback_wakes_what_sleeps() -> None:
    asked = policy(minReplicas=0, cooldownPeriod=60, fallback=SIX)
    made = decided(asked, moment(load=None), 0, [])
    assert made.desired == 5  # woken to 1, and from there by the scaling policies


@pytest.mark.parametrize(
    ("fallback", "milli", "whole", "expected"),
    [
        pytest.param(None, None, True, (None, None), id="none is asked for"),
        pytest.param(Fallback(-1, 3), None, True, (None, None), id="not a threshold"),
        pytest.param(Fallback(0, 3), None, False, (None, None), id="beside a broken target"),
        pytest.param(Fallback(0, 3), 7000, True, (7000, False), id="no failure"),
        pytest.param(Fallback(0, 3), None, True, (6000, True), id="static needs no count"),
    ],
)
def test_when_it_counts(
    fallback: Fallback | None, milli: int | None, whole: bool, expected: tuple[Any, Any]
) -> None:
    watched = Watched("load", 2, "AverageValue", fallback, whole_target=whole)
    answer = with_fallback(milli, watched, {}, None)
    assert (answer.milli, answer.any_failing) == expected


def test_another_metric_beyond_the_threshold_is_told() -> None:
    watched = Watched("load", 2, "AverageValue", Fallback(3, 3))
    answer = with_fallback(1000, watched, {"jobs": Health(4, failing=True)}, None)
    assert answer.any_failing is True
    assert answer.active is False


@pytest.mark.parametrize(
    ("text", "whole"),
    [("2", True), ("+2", True), ("0", False), ("-1", False), ("2.0", False), ("", False)],
)
def test_whole_numbers(text: str, whole: bool) -> None:
    assert whole_number(text) is whole


def test_the_formulas_behavior_needs_a_formula() -> None:
    with pytest.raises(ValidationError, match="needs scalingModifiers"):
        policy(fallback={**SIX, "behavior": "scalingModifiers"})
