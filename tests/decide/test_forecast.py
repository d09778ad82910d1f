"""A forecast raises a wish and never lowers it, blocks nothing, and is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.evaluate.reading import Ahead, Moment, Past
from tests.decide.given import ago, decided, moment
from tests.policy.given import complaint, described, metric, policy

LINEAR = {"type": "linear"}


def foreseeing(**spec: Any) -> Any:
    """At 100 per replica, with a forecast."""
    return policy(metrics=[{**metric("load"), "forecast": LINEAR}], maxReplicas=100, **spec)


def seen(said: Moment, value: float | None, error: str = "") -> Moment:
    """The same with what the first metric is expected to be in 45 s."""
    first, *others = said.readings
    return replace(
        said, readings=(replace(first, ahead=Ahead("linear", 45, value, error)), *others)
    )


@pytest.mark.parametrize(
    ("value", "desired", "why"),
    [
        (910, 10, "load 640, 910 in 45 s (linear), at 100 per replica asks for 10"),
        (640, 7, "load 640, 640 in 45 s (linear), at 100 per replica asks for 7"),
        (300, 7, "load 640, 300 in 45 s (linear), at 100 per replica asks for 7"),
        (-50, 7, "load 640, 0 in 45 s (linear), at 100 per replica asks for 7"),
        (None, 7, "load 640 (no linear forecast: timeout) at 100 per replica asks for 7"),
    ],
)
def test_the_higher_of_now_and_then_counts(value: float | None, desired: int, why: str) -> None:
    said = seen(moment(load=640), value, "" if value else "timeout")
    made = decided(foreseeing(), said, 5)
    assert (made.desired, made.reason, made.errors) == (desired, why, ())
    assert made.steps[0].field == "spec.metrics.0"


def test_what_was_expected_then_holds_a_fall_as_what_was() -> None:
    past = (seen(moment(120, load=500), 1200), seen(moment(60, load=700), 600))
    made = decided(foreseeing(), seen(moment(load=200), 100), 20, past)
    assert (made.desired, made.reasons[-1]) == (12, "held by the stabilization window at 12")


def test_without_a_value_now_there_is_none_to_come() -> None:
    made = decided(foreseeing(), moment(load=None), 5)
    assert made.reasons == ("load unknown (no data)", "no metric is known: held at 5")


def test_a_fallback_stands_in_for_the_value_and_its_forecast() -> None:
    asked = foreseeing(fallback={"failureThreshold": 0, "replicas": 6})
    known = Past((moment(15, load=None),), since=ago(45))
    assert decided(asked, moment(load=None), 5, known).desired == 6


@given(now=st.integers(0, 5000), later=st.floats(-1e9, 1e9), committed=st.integers(1, 50))
def test_never_below_the_wish_of_the_value_now(now: int, later: float, committed: int) -> None:
    plain = decided(foreseeing(), moment(load=now), committed)
    assert decided(foreseeing(), seen(moment(load=now), later), committed).desired >= plain.desired


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (
            {"metrics": [{**metric("busy", 1, "Value"), "forecast": LINEAR}]},
            "spec.metrics.0: forecast needs a target of type AverageValue",
        ),
        (
            {
                "metrics": [{**metric("load"), "forecast": LINEAR}],
                "scalingModifiers": {"formula": "load * 2", "target": 10},
            },
            "forecast of load: scalingModifiers makes one value",
        ),
        (
            {"metrics": [{**metric("load"), "forecast": {"type": "cubic"}}]},
            "spec.metrics.0.forecast: 'type' must be one of 'linear', 'seasonal', not 'cubic'",
        ),
        (
            {"metrics": [{**metric("load"), "forecast": {}}]},
            "spec.metrics.0.forecast: its type is required, but missing",
        ),
        (
            {"metrics": [{**metric("load"), "forecast": {**LINEAR, "window": "10x"}}]},
            "'10x' is not a duration",
        ),
        (
            {"metrics": [{**metric("load"), "forecast": {"type": "seasonal", "window": "10m"}}]},
            "spec.metrics.0.forecast.window: unknown field",
        ),
    ],
)
def test_what_has_no_forecast_is_refused(spec: dict[str, Any], why: str) -> None:
    assert why in complaint(described(**spec))
