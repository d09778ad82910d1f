"""The bound holds for plans that are known, and is met where one is perfect."""

from __future__ import annotations

from bridge.backtest.load import Load
from tests.docs.bound import Limits, least_under_time

STEPS = Load([0, 1800], [2.0, 4.0], 3600)


def test_a_perfect_plan_is_not_called_impossible() -> None:
    assert least_under_time(STEPS, Limits(3.0, 1)) < 0.5


def test_too_few_hours_leave_a_shortage() -> None:
    """Without a change, three replica-hours are three replicas: too few half of the time."""
    assert 20 < least_under_time(STEPS, Limits(3.0, 0)) <= 50
