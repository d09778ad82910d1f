"""Whatever the metrics say: within limits, never down on a guess, never down for more load."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.decide.decision import Decision
from bridge.decide.override import Override
from bridge.decide.recall import Scaled
from bridge.evaluate.reading import Moment, Past, Reading
from bridge.policy.model import ScalingPolicy
from tests.decide.given import NOW, ago, decided
from tests.policy.given import metric, policy

COUNTS = st.integers(0, 40)
VALUES = st.one_of(st.floats(0, 5000), st.floats(allow_nan=False, allow_infinity=False))
SECONDS = st.integers(0, 900)


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """Rules for one direction."""
    rule = st.fixed_dictionaries(
        {
            "type": st.sampled_from(["Pods", "Percent"]),
            "value": st.integers(1, 200),
            "periodSeconds": st.integers(1, 1800),
        }
    )
    return {
        "stabilizationWindowSeconds": draw(st.integers(0, 600)),
        "selectPolicy": draw(st.sampled_from(["Max", "Min", "Disabled"])),
        "policies": draw(st.lists(rule, min_size=1, max_size=2)),
        "tolerance": draw(st.sampled_from(["0", "100m", "0.5"])),
    }


@st.composite
def policies(draw: st.DrawFn, kinds: tuple[str, ...] = ("AverageValue", "Value")) -> ScalingPolicy:
    """A policy of one to three metrics."""
    low, high = sorted((draw(COUNTS), draw(st.integers(1, 40))))
    kind, goal = st.sampled_from(kinds), st.sampled_from(["1m", "600m", "1", "100", "2k"])
    return policy(
        minReplicas=low,
        maxReplicas=max(high, 1),
        behavior={"scaleUp": draw(rules()), "scaleDown": draw(rules())},
        metrics=[metric(f"m{n}", draw(goal), draw(kind)) for n in range(draw(st.integers(1, 3)))],
    )


@st.composite
def moments(draw: st.DrawFn, asked: ScalingPolicy, age: float) -> Moment:
    """What the metrics said then; some may have failed."""
    values = st.one_of(VALUES, st.none())
    readings = (Reading(m.name, draw(values), "failed") for m in asked.spec.metrics)
    return Moment(ago(age), tuple(readings), draw(st.one_of(COUNTS, st.none())))


def steady(asked: ScalingPolicy) -> Moment:
    """A step of which all is known, and that asks for little."""
    return Moment(ago(1), tuple(Reading(m.name, 0.0) for m in asked.spec.metrics), 1)


@st.composite
def situations(draw: st.DrawFn, asked: ScalingPolicy) -> dict[str, Any]:
    """All that is known besides now: the count, the past, and the log."""
    ages = sorted(draw(st.lists(SECONDS, max_size=3)), reverse=True)
    past = Past((*(draw(moments(asked, age)) for age in ages), steady(asked)), since=ago(900))
    changes = st.lists(st.tuples(SECONDS, st.integers(-40, 40)), max_size=3)
    return {
        "committed": draw(COUNTS),
        "past": draw(st.sampled_from([past, Past(error="timeout")])),
        "changes": tuple(Scaled(ago(age), by) for age, by in draw(changes)),
    }


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_count_stays_within_the_limits_unless_a_person_set_it(data: st.DataObject) -> None:
    asked = data.draw(policies())
    known = data.draw(situations(asked))
    override = Override(ago(60), "Robin", "abc", known["committed"])
    made = decided(asked, data.draw(moments(asked, 0)), **known)
    if known["committed"] == 0 and asked.spec.min_replicas > 0:
        assert made.desired == 0
    else:
        assert asked.spec.min_replicas <= made.desired <= asked.spec.max_replicas
    held = decided(asked, data.draw(moments(asked, 0)), **known, override=override)
    assert held.desired == held.current == known["committed"]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_failed_metric_never_allows_a_scale_down(data: st.DataObject) -> None:
    asked = data.draw(policies())
    known = data.draw(situations(asked))
    now = data.draw(moments(asked, 0))
    failed = Moment(now.at, (Reading("m0", None, "failed"), *now.readings[1:]), now.ready)
    made = decided(asked, failed, **known)
    assert made.desired >= min(known["committed"], asked.spec.max_replicas)
    if made.desired == known["committed"] and known["committed"] in range_of(asked):
        assert "m0 unknown (failed)" in made.errors


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_an_unknown_past_never_allows_a_scale_down(data: st.DataObject) -> None:
    asked = data.draw(policies())
    known = {**data.draw(situations(asked)), "past": Past(error="timeout")}
    made = decided(asked, data.draw(moments(asked, 0)), **known)
    assert made.desired >= min(known["committed"], asked.spec.max_replicas)


def range_of(asked: ScalingPolicy) -> range:
    """The counts that the policy allows, without the 0 that it leaves alone."""
    return range(asked.spec.min_replicas, asked.spec.max_replicas + 1)


@settings(max_examples=80, deadline=None)
@given(st.data(), VALUES, VALUES)
def test_more_load_never_asks_for_less(data: st.DataObject, one: float, other: float) -> None:
    asked = data.draw(policies(kinds=("AverageValue",)))
    known = data.draw(situations(asked))
    now = data.draw(moments(asked, 0))

    def at(load: float) -> Decision:
        return decided(
            asked, Moment(NOW, (Reading("m0", load), *now.readings[1:]), now.ready), **known
        )

    assert at(min(one, other)).desired <= at(max(one, other)).desired


@settings(max_examples=50, deadline=None)
@given(st.data(), VALUES, VALUES)
def test_a_higher_ratio_never_asks_for_less_where_all_are_ready(
    data: st.DataObject, one: float, other: float
) -> None:
    asked = data.draw(policies(kinds=("Value",)))
    known = data.draw(situations(asked))
    others = data.draw(moments(asked, 0)).readings[1:]

    def at(value: float) -> Decision:
        return decided(
            asked, Moment(NOW, (Reading("m0", value), *others), known["committed"]), **known
        )

    assert at(min(one, other)).desired <= at(max(one, other)).desired


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_reason_is_one_line_and_tells_what_changed(data: st.DataObject) -> None:
    asked = data.draw(policies())
    made = decided(asked, data.draw(moments(asked, 0)), **data.draw(situations(asked)))
    assert made.reasons
    assert "\n" not in made.reason
    assert made.changes == (made.desired != made.current)
    assert made.raises == (made.desired > made.current)
