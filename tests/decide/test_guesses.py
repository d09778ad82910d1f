"""Never down on a guess: too few ready pods, gaps in the window, clocks that are ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.decide.override import Override
from bridge.decide.recall import Known, Scaled, recalled
from bridge.evaluate.reading import Moment, Observation, Past, Reading
from bridge.policy.model import ScalingPolicy
from tests.decide.given import NOW, ago, decided, every_15_s, moment, repeated
from tests.decide.test_bounds import VALUES
from tests.policy.given import metric, policy

BUSY = {"metrics": [metric("busy", 1, "Value")]}
TWO = {"metrics": [metric("load"), metric("busy", 1, "Value")]}
AT_ONCE = {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}
STEPS = range(15, 315, 15)


@pytest.mark.parametrize(
    ("ready", "busy", "desired"),
    [
        pytest.param(3, 2, 10, id="twice the target, few are ready"),
        pytest.param(3, 1.11, 10, id="just above"),
        pytest.param(3, 1.1, 10, id="within tolerance"),
        pytest.param(3, 0.89, 3, id="below, and all that are asked for are ready"),
        pytest.param(10, 2, 20, id="all are ready"),
    ],
)
def test_above_its_target_a_value_never_lowers(ready: int, busy: float, desired: int) -> None:
    made = decided(policy(**BUSY, **AT_ONCE), moment(ready=ready, busy=busy), 10)
    assert made.desired == desired
    held = "busy above target (3 ready of 10 committed): no scale-down, held at 10"
    assert (held in made.reasons) == (ready == 3 and busy > 1.1)


def test_above_its_target_a_formula_never_lowers() -> None:
    formula = {"formula": "max(load, jobs)", "target": 10, "metricType": "Value"}
    asked = policy(metrics=[metric("load"), metric("jobs")], scalingModifiers=formula, **AT_ONCE)
    made = decided(asked, moment(ready=3, load=5, jobs=20), 10)
    assert made.desired == 10
    assert made.reasons[-1].startswith("formula above target (3 ready of 10 committed)")


def test_a_fallback_is_no_load_above_the_target() -> None:
    asked = policy(**BUSY, fallback={"failureThreshold": 0, "replicas": 6})
    assert decided(asked, moment(ready=3, busy=None), 10).desired == 6


def test_a_value_with_nothing_ready_is_unknown() -> None:
    none = "busy 0.1 tells nothing with 0 ready of 4 committed"
    made = decided(policy(**BUSY, **AT_ONCE), moment(ready=0, busy=0.1), 4)
    assert (made.desired, made.reasons) == (4, (none, "no metric is known: held at 4"))
    assert made.errors == (none,)
    other = decided(policy(**TWO, **AT_ONCE), moment(ready=0, load=100, busy=0.1), 4)
    assert (other.desired, other.errors) == (4, (none,))
    assert decided(policy(**TWO), moment(ready=0, load=700, busy=0.1), 4).desired == 7


def past(*changed: Moment, **values: float | None) -> Past:
    """A window of steady steps, with these in place of others."""
    steps = {one.at: one for one in repeated(moment(0, 4, **values), STEPS)}
    steps |= {one.at: one for one in changed}
    return Past(tuple(steps[at] for at in sorted(steps)), since=ago(300))


@pytest.mark.parametrize(
    ("known", "why"),
    [
        pytest.param(
            past(load=None, busy=None), "19 of 19 steps of the window are", id="an empty answer"
        ),
        pytest.param(Past(since=ago(300)), "the past of the metrics is", id="no step at all"),
        pytest.param(
            Past(past(load=100, busy=0.5).moments[5:], since=ago(225)),
            "the past of the metrics is",
            id="a part of the window",
        ),
        pytest.param(
            past(moment(150, ready=4, load=100, busy=None), load=100, busy=0.5),
            "1 of 19 steps of the window are",
            id="one metric at one step",
        ),
        pytest.param(
            past(moment(150, load=100, busy=0.5), load=100, busy=0.5),
            "1 of 19 steps of the window are",
            id="ready replicas at one step",
        ),
        pytest.param(
            past(moment(150, ready=0, load=100, busy=0.5), load=100, busy=0.5),
            "1 of 19 steps of the window are",
            id="nothing was ready at one step",
        ),
    ],
)
def test_a_gap_in_the_window_blocks_the_way_down_and_nothing_else(known: Past, why: str) -> None:
    down = decided(policy(**TWO), moment(ready=4, load=100, busy=0.5), 4, known)
    assert (down.desired, down.errors) == (4, ())
    assert down.reasons[-1] == f"{why} unknown: no scale-down, held at 4"
    assert decided(policy(**TWO), moment(ready=4, load=700, busy=0.5), 4, known).desired == 7


def test_the_window_up_ignores_gaps() -> None:
    slow = policy(**TWO, behavior={"scaleUp": {"stabilizationWindowSeconds": 300}})
    now = moment(ready=4, load=700, busy=0.5)
    assert decided(slow, now, 4, past(load=None, busy=None)).desired == 7
    half = past(moment(150, ready=4, load=600, busy=None), load=None, busy=None)
    assert decided(slow, now, 4, half).desired == 6


def test_what_lies_before_the_window_may_be_unknown() -> None:
    early = moment(300, load=None, busy=None)
    known = past(early, load=100, busy=0.5)
    assert decided(policy(**TWO), moment(ready=4, load=100, busy=0.5), 4, known).desired == 2


def test_a_fresh_workload_is_held_until_its_window_has_passed() -> None:
    def after(seconds: int) -> int:
        unknown = every_15_s(range(seconds + 15, 315, 15), load=None)
        said = [*unknown, *every_15_s(range(15, seconds + 15, 15), load=100)]
        return decided(policy(), moment(load=100), 4, said).desired

    assert [after(seconds) for seconds in (15, 270, 285)] == [4, 4, 1]


AHEAD = ago(-120)


def test_a_change_by_a_clock_that_is_ahead_was_made_just_now() -> None:
    budget = policy(maxReplicas=100)
    assert decided(budget, moment(load=2000), 10, changes=(Scaled(AHEAD, 5),)).desired == 10
    both = (Scaled(ago(10), 4), Scaled(AHEAD, 1))
    assert decided(budget, moment(load=2000), 10, changes=both).desired == 10
    flying = policy(**AT_ONCE, inFlightTimeout="1m")
    made = decided(flying, moment(ready=4, load=300), 8, changes=(Scaled(AHEAD, 4),))
    assert made.desired == 8
    landed = policy(**AT_ONCE, inFlightTimeout=0)
    now = moment(ready=4, load=300)
    assert decided(landed, now, 8, changes=(Scaled(ago(1), 4),)).desired == 3


def test_an_order_by_a_clock_that_is_ahead_is_held_only_where_orders_are() -> None:
    order = Override(AHEAD, "Robin", "0123456789abcdef", 3)
    assert decided(policy(), moment(load=900), 3, override=order).desired == 3
    assert decided(policy(overrideHold=0), moment(load=400), 3, override=order).desired == 4


@pytest.mark.parametrize("ahead", [1, 120, 86_400])
def test_no_change_is_remembered_as_one_to_come(ahead: float) -> None:
    known = Known(4, (Scaled(ago(10), 4), Scaled(ago(-ahead), 1), Scaled(ago(-ahead), -1)))
    memory = recalled(policy(), Observation(moment(load=1)), known, ())
    assert [change.age for change in memory.ups] == [10, 0]
    assert [change.age for change in memory.downs] == [0]


READY = st.one_of(st.integers(0, 40), st.none())
LOW = st.one_of(st.floats(0, 2), VALUES)


@st.composite
def free_policies(draw: st.DrawFn) -> ScalingPolicy:
    """Nothing but the metrics and the window keeps the count from falling."""
    kinds = st.sampled_from(["AverageValue", "Value"])
    return policy(
        minReplicas=draw(st.integers(0, 2)),
        maxReplicas=40,
        metrics=[metric(f"m{n}", 1, draw(kinds)) for n in range(draw(st.integers(1, 3)))],
        behavior={"scaleDown": {"stabilizationWindowSeconds": draw(st.integers(20, 600))}},
    )


def window_of(asked: ScalingPolicy) -> int:
    return asked.spec.behavior.scale_down.stabilization_window_seconds or 0


@st.composite
def windows(draw: st.DrawFn, asked: ScalingPolicy) -> list[Moment]:
    """Steps within the window down, all of them known."""
    ages = draw(st.lists(st.integers(1, window_of(asked) - 1), min_size=1, max_size=4, unique=True))
    names = [one.name for one in asked.spec.metrics]
    return [
        Moment(ago(age), tuple(Reading(name, draw(LOW)) for name in names), draw(st.integers(1, 9)))
        for age in sorted(ages, reverse=True)
    ]


@st.composite
def gapped(draw: st.DrawFn, asked: ScalingPolicy) -> Past:
    """A window whose beginning, or one metric of one step, or all of it is unknown."""
    steps, since = draw(windows(asked)), ago(window_of(asked))
    torn = draw(st.sampled_from(["late", "none", "hole"]))
    if torn == "hole":
        place = draw(st.integers(0, len(steps) - 1))
        hole = (Reading("m0", None, "no data"), *steps[place].readings[1:])
        steps[place] = replace(steps[place], readings=hole)
    if torn == "late":
        since += timedelta(seconds=1)
    return Past(() if torn == "none" else tuple(steps), since=since)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_metric_above_its_target_never_lowers(data: st.DataObject) -> None:
    asked = data.draw(free_policies())
    committed = data.draw(st.integers(1, 40))
    whole = Past(tuple(data.draw(windows(asked))), since=ago(window_of(asked)))
    known = data.draw(st.sampled_from([whole, data.draw(gapped(asked)), Past(error="timeout")]))
    share = committed if asked.spec.metrics[0].target.type == "AverageValue" else 1
    others = [Reading(m.name, data.draw(st.one_of(LOW, st.none()))) for m in asked.spec.metrics[1:]]
    now = Moment(NOW, (Reading("m0", share * data.draw(st.floats(1.11, 9))), *others))
    made = decided(asked, replace(now, ready=data.draw(READY)), committed, known)
    assert made.desired >= committed


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_gap_in_the_window_never_lowers(data: st.DataObject) -> None:
    asked = data.draw(free_policies())
    committed = data.draw(st.integers(1, 40))
    readings = tuple(Reading(m.name, data.draw(LOW)) for m in asked.spec.metrics)
    now = Moment(NOW, readings, data.draw(READY))
    assert decided(asked, now, committed, data.draw(gapped(asked))).desired >= committed


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_an_unknown_metric_never_lowers(data: st.DataObject) -> None:
    asked = data.draw(free_policies())
    committed = data.draw(st.integers(1, 40))
    others = [Reading(m.name, data.draw(LOW)) for m in asked.spec.metrics[1:]]
    now = Moment(NOW, (Reading("m0", None, "no data"), *others), data.draw(READY))
    whole = Past(tuple(data.draw(windows(asked))), since=ago(window_of(asked)))
    assert decided(asked, now, committed, whole).desired >= committed
