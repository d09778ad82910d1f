"""A ratio is raised as far as what lived bears out, and a total at once."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.decide.dead_time import Rollout, Rollouts
from bridge.decide.decide import decide
from bridge.decide.decision import Decision
from bridge.decide.recall import Known, Scaled
from bridge.decide.window import window_to_know
from bridge.evaluate.reading import Observation, Past
from tests.decide.given import ago, moment
from tests.decide.test_dead_time import ours
from tests.policy.given import metric, policy

ON_ITS_WAY = Rollout(True, False, seen=True)
LATELY = (ours(60, 4, 8),)


def busy(span: str = "") -> dict[str, Any]:
    """A ratio that shall be 1, averaged over that span."""
    return {**metric("busy", 1, "Value"), "query": f"busy{span}"}


def made(
    ready: int | None,
    newest: Rollout | None,
    changes: tuple[Scaled, ...] = LATELY,
    counts: tuple[int | None, ...] = (),
    **spec: Any,
) -> Decision:
    """What 5 times the target makes of 8 committed; `counts` were ready 15 s ago and before."""
    asked = policy(**{"maxReplicas": 100, "metrics": [busy()], **spec})
    known = Known(8, changes, None, Rollouts((newest,) if newest else ()))
    steps = [moment(15 * n, ready=count, busy=1) for n, count in enumerate(counts, 1)]
    past = Past(tuple(reversed(steps)), since=ago(15 * len(steps)))
    return decide(asked, Observation(moment(ready=ready, busy=5), past), known)


def held(few: int, most: int) -> str:
    """Why it is raised no further."""
    return f", raised to {most} at most ({few} of 8 were ready while it was measured)"


@pytest.mark.parametrize(
    ("ready", "newest", "desired", "why"),
    [
        pytest.param(4, ON_ITS_WAY, 8, held(4, 8), id="what 4 may rise to"),
        pytest.param(6, ON_ITS_WAY, 12, held(6, 12), id="what 6 may rise to"),
        pytest.param(4, None, 8, held(4, 8), id="nothing measured"),
        pytest.param(1, None, 8, "", id="it asks for less"),
        pytest.param(9, ON_ITS_WAY, 16, "", id="more than committed"),
        pytest.param(4, Rollout(True, True, 20), 16, "", id="they were all ready once"),
        pytest.param(8, Rollout(True, True, 20), 16, "", id="all are ready"),
    ],
)
def test_in_flight_a_ratio_is_raised_as_far_as_what_lives_may_rise(
    ready: int, newest: Rollout | None, desired: int, why: str
) -> None:
    found = made(ready, newest)
    assert found.desired == desired
    asked = f"busy 5 against 1 with {ready} ready asks for {5 * ready}"
    assert found.reasons[0] == asked + why


def test_a_ratio_that_was_waited_for_long_enough_is_raised_again() -> None:
    assert made(4, ON_ITS_WAY, (ours(601, 4, 8),)).desired == 16
    assert made(4, ON_ITS_WAY, (ours(600, 4, 8),)).desired == 8
    assert made(4, None, ()).desired == 16


def test_the_owners_rates_say_how_far_a_ratio_is_raised() -> None:
    tripled = {"policies": [{"type": "Percent", "value": 200, "periodSeconds": 15}]}
    assert made(4, ON_ITS_WAY, behavior={"scaleUp": tripled}).desired == 12


LANDED = Rollout(True, True, 30, seen=True)
TWO_MINUTES = {"metrics": [busy("[2m]")]}


@pytest.mark.parametrize(
    ("age", "counts", "desired", "why"),
    [
        pytest.param(60, (8, 8, 4, 4), 8, held(4, 8), id="the average knows the few"),
        pytest.param(60, (8, 8, 6, 7), 12, held(6, 12), id="not so few"),
        pytest.param(60, (8, 8, 1, 1), 8, held(1, 8), id="never below the committed count"),
        pytest.param(60, (8, 8, 0, None, 5), 10, held(5, 10), id="none is no base"),
        pytest.param(149, (8,) * 8 + (4,), 16, "", id="the few are beyond the span"),
        pytest.param(151, (8, 4, 8), 16, "", id="a pod that failed long after the landing"),
        pytest.param(60, (), 16, "", id="nothing is known of the past"),
    ],
)
def test_after_a_landing_a_ratio_counts_on_those_it_was_averaged_over(
    age: int, counts: tuple[int | None, ...], desired: int, why: str
) -> None:
    found = made(8, LANDED, (ours(age, 4, 8),), counts, **TWO_MINUTES)
    assert found.desired == desired
    assert found.reasons[0] == f"busy 5 against 1 with 8 ready asks for 40{why}"


def test_without_a_span_the_landing_is_the_end() -> None:
    assert made(8, LANDED, LATELY, (8, 4)).desired == 16


def test_a_formula_of_ratios_is_one() -> None:
    formula = {"formula": "busy + 0", "target": 1, "metricType": "Value"}
    asked = {**TWO_MINUTES, "scalingModifiers": formula}
    assert made(8, LANDED, LATELY, (8, 4), **asked).desired == 8


def test_a_fallback_in_flight_is_raised_at_once() -> None:
    asked = policy(metrics=[busy()], fallback={"failureThreshold": 0, "replicas": 15})
    past = Past((moment(15, busy=None),), since=ago(45))
    known = Known(8, LATELY, None, Rollouts((ON_ITS_WAY,)))
    found = decide(asked, Observation(moment(ready=4, busy=None), past), known)
    assert found.desired == 15


def test_a_formula_in_flight_sees_nil_for_the_same_metric() -> None:
    other = {**busy(), "name": "idle", "query": "idle"}
    formula = {"formula": "idle ?? busy", "target": 1, "metricType": "Value"}
    fallback = {"failureThreshold": 0, "replicas": 1, "behavior": "scalingModifiers"}
    asked = policy(
        metrics=[busy(), other], scalingModifiers=formula, fallback=fallback, maxReplicas=100
    )
    past = Past((moment(15, ready=6, busy=5, idle=None),), since=ago(45))
    known = Known(8, LATELY, None, Rollouts((ON_ITS_WAY,)))
    found = decide(asked, Observation(moment(ready=6, busy=5, idle=None), past), known)
    assert found.desired == 12
    assert found.reasons[0].endswith(held(6, 12))


def test_a_total_in_flight_is_raised_at_once() -> None:
    asked = policy(metrics=[metric("load"), busy()])
    known = Known(8, LATELY, None, Rollouts((ON_ITS_WAY,)))
    found = decide(asked, Observation(moment(ready=4, load=1600, busy=5)), known)
    assert found.desired == 16
    assert found.reasons[0] == "load 1600 at 100 per replica asks for 16"


@pytest.mark.parametrize(
    ("query", "window"),
    [
        pytest.param("busy", 0, id="no range"),
        pytest.param("avg(rate(x[2m])) / avg_over_time(y[90s])", 135, id="the longest"),
        pytest.param("max_over_time(busy[1h30m:1m])", 5415, id="a subquery"),
        pytest.param('x{path=~"[a-z]+[0-9]"}[1m]', 75, id="a pattern is no range"),
    ],
)
def test_the_past_is_asked_for_as_far_as_a_ratio_reaches(query: str, window: float) -> None:
    asked = policy(metrics=[{**busy(), "query": query}])
    assert window_to_know(asked, moment(ready=8, busy=5), 8) == window
    assert window_to_know(asked, moment(ready=8, busy=1), 8) == 0
