"""Windows of time that raise the minimum."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.conformance.beyond import trigger_faults
from tests.decide.given import decided, moment
from tests.policy.given import policy

NOON = {
    "name": "noon",
    "timezone": "Europe/Berlin",
    "start": "0 12 * * *",
    "end": "0 14 * * *",
    "minReplicas": 8,
}
CLOSED = {**NOON, "name": "night", "start": "0 22 * * *", "end": "0 6 * * *", "minReplicas": 15}


def test_an_open_window_raises_the_minimum() -> None:
    made = decided(policy(schedules=[NOON, CLOSED]), moment(load=200), 2)
    assert (made.desired, made.reasons[-1]) == (8, "schedule noon raises the minimum to 8")


def test_the_metrics_may_ask_for_more() -> None:
    assert decided(policy(schedules=[NOON]), moment(load=950), 8).desired == 10


def test_it_holds_a_scale_down_at_its_minimum() -> None:
    made = decided(policy(schedules=[NOON]), moment(load=0), 12)
    assert made.desired == 8


def test_the_highest_of_two_windows_counts() -> None:
    wider = {**NOON, "name": "day", "minReplicas": 9}
    assert decided(policy(schedules=[NOON, wider]), moment(load=200), 2).desired == 9


def test_it_raises_though_no_metric_is_known() -> None:
    assert decided(policy(schedules=[NOON]), moment(load=None), 2).desired == 8


def test_it_wakes_what_sleeps_but_not_what_a_person_switched_off() -> None:
    sleeper = policy(schedules=[NOON], minReplicas=0, cooldownPeriod=60)
    assert decided(sleeper, moment(load=0), 0).desired == 8
    assert decided(policy(schedules=[NOON]), moment(load=0), 0).desired == 0


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"timezone": "Mars/Olympus"}, "not a time zone"),
        ({"start": "0 12 * *"}, "expected five fields"),
        ({"end": "0 12 * * *"}, "start and end are the same"),
        ({"minReplicas": 21}, "above maxReplicas"),
        ({"minReplicas": 0}, "greater than or equal to 1"),
    ],
)
def test_a_schedule_that_can_not_be_meant_so(change: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        policy(schedules=[{**NOON, **change}])


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({}, 0),
        ({"desiredReplicas": "0"}, 1),
        ({"desiredReplicas": "ten"}, 1),
        ({"desiredReplicas": " 5 "}, 0),
        ({"start": " "}, 1),
        ({"end": "0 8 * * *", "desiredReplicas": "1.5"}, 2),
        ({"timezone": "Mars/Olympus"}, 0),
    ],
)
def test_a_trigger_as_keda_writes_it(change: dict[str, str], faults: int) -> None:
    trigger = {
        "timezone": "Etc/UTC",
        "start": "0 8 * * *",
        "end": "0 18 * * *",
        "desiredReplicas": "10",
    }
    assert len(trigger_faults({**trigger, **change})) == faults
