"""Policies of one interval tick together, on multiples of it since the epoch."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.trigger.clock import Ticks, seconds_to_next
from tests.policy.given import policy

FAST, SLOW = policy("fast", pollingInterval="15s"), policy("slow", pollingInterval="1m")
ASLEEP = policy("asleep", pollingInterval="1s", suspend=True)
ALL = [FAST, SLOW, ASLEEP]


def test_a_new_policy_is_due_at_once_and_then_on_the_boundary() -> None:
    ticks = Ticks()
    due = {now: ticks.due(ALL, now) for now in (100.5, 101, 104.9, 105, 119, 120, 135, 300)}
    assert due == {
        100.5: {"fast", "slow"},
        101: set(),
        104.9: set(),
        105: {"fast"},
        119: set(),
        120: {"fast", "slow"},
        135: {"fast"},
        300: {"fast", "slow"},
    }


def test_policies_that_come_later_tick_with_the_others() -> None:
    ticks = Ticks()
    assert ticks.due([FAST], 100) == {"fast"}
    twin = policy("twin", pollingInterval="15s")
    assert ticks.due([FAST, twin], 101) == {"twin"}
    assert ticks.due([FAST, twin], 105) == {"fast", "twin"}


def test_a_changed_interval_is_due_at_once() -> None:
    ticks = Ticks()
    ticks.due([FAST], 100)
    assert ticks.due([policy("fast", pollingInterval="20s")], 101) == {"fast"}


def test_a_policy_that_wakes_up_or_comes_back_is_due_at_once() -> None:
    ticks = Ticks()
    assert not ticks.due([ASLEEP], 100)
    assert ticks.due([policy("asleep", pollingInterval="1m")], 100) == {"asleep"}
    assert not ticks.due([], 101)
    assert ticks.due([policy("asleep", pollingInterval="1m")], 102) == {"asleep"}


def test_a_clock_that_was_set_back_ticks_on() -> None:
    ticks = Ticks()
    ticks.due([FAST], 1000)
    assert ticks.due([FAST], 900) == {"fast"}
    assert ticks.due([FAST], 915) == {"fast"}


@pytest.mark.parametrize(
    ("now", "at_most", "expected"),
    [
        pytest.param(100, 30, 5, id="the next boundary"),
        pytest.param(105, 30, 15, id="on a boundary, the one after it"),
        pytest.param(100, 2, 2, id="no longer than asked for"),
    ],
)
def test_the_next_tick_is_the_nearest_boundary(now: float, at_most: float, expected: float) -> None:
    assert seconds_to_next(ALL, now, at_most) == expected


def test_without_policies_the_sleep_is_as_long_as_asked_for() -> None:
    assert seconds_to_next([ASLEEP], 100, 30) == 30


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 4e9), st.sampled_from([1, 1.5, 7.3, 15, 60]))
def test_the_sleep_is_never_longer_than_the_interval(now: float, interval: float) -> None:
    rest = seconds_to_next([policy(pollingInterval=interval)], now, 3600)
    assert 0 < rest <= interval
