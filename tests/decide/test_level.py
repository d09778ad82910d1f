"""A level in place of the HPA's windows: few commits, and a surge is met at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decide.dead_time import Rollouts
from bridge.decide.decide import decide
from bridge.decide.decision import Decision
from bridge.decide.memory import Recommended
from bridge.decide.recall import Known
from bridge.decide.stabilization import Steps, Windows, stabilized
from bridge.decide.window import window_to_know
from bridge.evaluate.reading import Moment, Observation, Past, Reading
from bridge.policy.model import ScalingPolicy
from tests.policy.given import policy

NOW = datetime(2026, 3, 2, tzinfo=UTC)
WINDOWS = Windows(75, 75, steps=Steps(*map(Decimal, ("0.75", "0.1", "0.2", "1"))))


def past(*wishes: int) -> list[Recommended]:
    """One each 15 s, the newest first."""
    return [Recommended(15.0 * place, wish) for place, wish in enumerate(wishes, start=1)]


@pytest.mark.parametrize(
    ("current", "desired", "before", "expected"),
    [
        pytest.param(10, 10, (10, 10, 10, 10), 10, id="as it is"),
        pytest.param(10, 12, (12, 12, 9, 9), 12, id="up to what was enough for three quarters"),
        pytest.param(10, 11, (11, 11, 11, 11), 10, id="not up by a tenth"),
        pytest.param(10, 9, (12, 12, 12, 9), 12, id="up although the wish of now is lower"),
        pytest.param(10, 20, (9, 9, 9, 9), 10, id="twice the count is no surge"),
        pytest.param(10, 21, (9, 9, 9, 9), 21, id="a surge at once"),
        pytest.param(10, 7, (7, 7, 7, 30), 7, id="down although a peak asked for more"),
        pytest.param(10, 8, (7, 7, 7, 7), 10, id="not down by a fifth"),
        pytest.param(20, 15, (8, 8, 8, 8), 15, id="not below the wish of now"),
        pytest.param(10, 7, (7, 7, 7, 7, 30, 30, 30), 7, id="what is older is forgotten"),
    ],
)
def test_a_count_follows_its_level(
    current: int, desired: int, before: tuple[int, ...], expected: int
) -> None:
    assert stabilized(current, desired, WINDOWS, past(*before)) == expected


def test_steps_are_exact() -> None:
    steps = Steps(*map(Decimal, ("1", "0.15", "0.15", "1.5")))
    assert 100 * (1 + 0.15) < 115
    assert stabilized(100, 115, Windows(75, 75, steps=steps), past(115, 115)) == 100


@given(st.integers(1, 99), st.integers(0, 99), st.lists(st.integers(0, 99), max_size=9))
def test_a_level_never_lowers_below_the_wish(current: int, desired: int, before: list[int]) -> None:
    assert stabilized(current, desired, WINDOWS, past(*before)) >= min(current, desired)


def leveled() -> ScalingPolicy:
    """Ten per replica, a level of two minutes."""
    metric = {"name": "load", "query": "q", "target": {"type": "AverageValue", "value": 10}}
    return policy("web", metrics=[metric], maxReplicas=50, behavior={"level": {"window": "2m"}})


def decided(
    loads: Sequence[float | None], committed: int, rollouts: Rollouts | None = None
) -> Decision:
    """One load each 15 s, the last of them now."""
    moments = [
        Moment(
            NOW - timedelta(seconds=15 * age),
            (Reading("load", load, "" if load is not None else "no data"),),
            committed,
        )
        for age, load in zip(reversed(range(len(loads))), loads, strict=True)
    ]
    since = NOW - timedelta(minutes=2)
    seen = Observation(moments[-1], Past(tuple(moments[:-1]), since=since))
    return decide(leveled(), seen, Known(committed, rollouts=rollouts or Rollouts()))


def test_a_decision_tells_of_the_level() -> None:
    made = decided([150.0] * 8 + [100.0], 10)
    assert made.desired == 15
    assert made.reason == "load 100 at 10 per replica asks for 10; the level of 120 s sets 15"
    assert made.steps[-1].field == "spec.behavior.level"


def test_a_wish_is_not_rounded_to_the_count() -> None:
    assert decided([83.0] * 9, 10).desired == 10
    assert decided([80.0] * 9, 10).desired == 8


def test_a_gap_of_the_window_holds_a_fall_and_no_rise() -> None:
    assert decided([50.0] * 9, 10).desired == 5
    assert decided([50.0] * 4 + [None] + [50.0] * 4, 10).desired == 10
    assert decided([150.0] * 4 + [None] + [150.0] * 4, 10).desired == 15


def test_an_unknown_metric_holds_a_level_that_is_lower() -> None:
    assert decided([50.0] * 8 + [None], 10).desired == 10


def test_a_dead_time_that_can_t_be_known_is_nothing_to_a_level() -> None:
    """Its window is the owner's own, however long a rollout takes."""
    made = decided([50.0] * 9, 10, Rollouts(error="timeout"))
    assert (made.desired, made.errors) == (5, ())
    assert made.steps == decided([50.0] * 9, 10).steps


def test_a_level_looks_back_also_while_the_wish_is_the_count() -> None:
    now = Moment(NOW, (Reading("load", 100.0),), 10)
    assert window_to_know(leveled(), now, 10) == 120


@pytest.mark.parametrize(
    "rules",
    [
        {"scaleUp": {"stabilizationWindowSeconds": 60}},
        {"scaleUp": {"surge": 1}},
        {"scaleDown": {"stabilizationQuantile": 0.9}},
    ],
)
def test_a_level_and_windows_exclude_each_other(rules: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="level stands in place of scale"):
        policy(behavior={"level": {}, **rules})
