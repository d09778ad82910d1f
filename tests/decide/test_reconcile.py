"""The HPA's pass where the conformance cases are silent, and what it remembers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decide.behavior import Bounds
from bridge.decide.memory import Change, Memory, Recommended, changed, with_change
from bridge.decide.normalization import Condition, Flags, Order
from bridge.decide.reconcile import Cause, reconciled, written
from bridge.decide.wish import Wish, failure_of
from bridge.policy.behavior import Behavior, ScaleUpRules
from tests.conformance.beyond import external_goal, object_goal, unread, unwritten

CONDITION = Flags(zero_mode="condition", downscale_stabilization_s=0)
UNKNOWN = Wish(None, failure="FailedGetExternalMetric")


def order(least: int = 1, most: int = 10, flags: Flags = CONDITION, *, wakes: bool = True) -> Order:
    return Order(Bounds(least, most), Behavior(), flags, wakes)


@pytest.mark.parametrize(
    ("least", "owned", "wakes", "wish", "desired"),
    [
        pytest.param(0, True, True, 4, 4, id="ours, and the metric says something at 0"),
        pytest.param(0, True, False, 4, 0, id="ours, but no metric can say anything"),
        pytest.param(3, True, False, 0, 3, id="ours, minimum raised meanwhile"),
        pytest.param(0, False, True, 4, 0, id="a person's"),
        pytest.param(0, None, True, 4, 0, id="nobody knows whose"),
    ],
)
def test_zero(least: int, owned: bool | None, wakes: bool, wish: int, desired: int) -> None:
    memory = Memory((), scaled_to_zero=owned)
    assert reconciled(0, order(least, wakes=wakes), [Wish(wish)], memory).desired == desired


def test_a_raised_minimum_is_the_cause_where_no_metric_is() -> None:
    found = reconciled(0, order(3), [Wish(0)], Memory((), scaled_to_zero=True))
    assert found.cause is Cause.BELOW_MIN


def test_a_negative_wish_is_none() -> None:
    found = reconciled(3, order(0), [Wish(-4)], Memory(()))
    assert found.desired == 0


def test_all_unknown_blocks() -> None:
    found = reconciled(3, order(), [UNKNOWN, UNKNOWN], Memory(()))
    assert (found.error, found.wished) == (True, None)
    assert found.conditions["ScalingActive"] == Condition("False", "FailedGetExternalMetric")


def test_what_could_not_be_read_or_written() -> None:
    assert unread() == {"AbleToScale": Condition("False", "FailedGetScale")}
    steady = unwritten(reconciled(3, order(), [Wish(3)], Memory(())))
    assert not steady.error
    assert steady.conditions["AbleToScale"] == Condition("True", "ReadyForNewScale")


def test_without_behavior_nothing_is_remembered_of_changes() -> None:
    plain = Order(Bounds(1, 10), None)
    assert written(reconciled(3, plain, [Wish(5)], Memory(()))).memory.ups == ()


def test_a_change_takes_the_place_of_the_last_outdated_one() -> None:
    rules = ScaleUpRules()
    after = with_change((Change(16, 1), Change(17, 2), Change(3, 4)), rules, 8)
    assert after == (Change(16, 1, outdated=True), Change(0, 8), Change(3, 4))
    assert changed(after, 15) == 12


def test_goals() -> None:
    assert external_goal(None, None) is None
    assert object_goal("Value", 5, None) is None
    assert failure_of("Other") == "InvalidMetricSourceType"


COUNTS = st.integers(0, 60)
PAST = st.lists(st.tuples(st.floats(0, 400), COUNTS), max_size=8)


@given(COUNTS, st.lists(COUNTS, min_size=1, max_size=3), PAST, PAST, PAST)
def test_a_count_stays_within_its_bounds(
    current: int,
    wishes: list[int],
    past: list[tuple[float, int]],
    ups: list[tuple[float, int]],
    downs: list[tuple[float, int]],
) -> None:
    memory = Memory(
        tuple(Recommended(age, count) for age, count in past),
        tuple(Change(age, by) for age, by in ups),
        tuple(Change(age, by) for age, by in downs),
    )
    asked = order(2, 40, Flags())
    found = reconciled(current, asked, [Wish(wish) for wish in wishes], memory)
    assert current == found.desired == 0 or 2 <= found.desired <= 40
    if found.wished is not None and found.wished > current:
        assert current <= found.desired <= found.wished


@given(COUNTS, COUNTS, PAST)
def test_one_unknown_metric_never_lowers(
    current: int, wish: int, past: list[tuple[float, int]]
) -> None:
    memory = Memory(tuple(Recommended(age, count) for age, count in past))
    found = reconciled(current, order(0, 60, Flags()), [Wish(wish), UNKNOWN], memory)
    assert found.desired >= current
