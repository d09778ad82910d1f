"""Paused: as it is, at a count, until a time."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.decide.pause import Pauses, paused_behavior
from bridge.policy.behavior import Behavior
from tests.conformance.beyond import paused_count
from tests.decide.given import decided, every_15_s, moment
from tests.policy.given import policy

ZERO = {"minReplicas": 0, "cooldownPeriod": 60}


@pytest.mark.parametrize(
    ("spec", "desired", "reason"),
    [
        ({"paused": True}, 3, "paused at 3"),
        ({"pausedReplicas": 5}, 5, "paused: set to pausedReplicas 5"),
        ({"pausedReplicas": 3}, 3, "paused at pausedReplicas 3"),
        ({"pausedReplicas": 0}, 0, "paused: set to pausedReplicas 0"),
        (
            {"pausedUntil": "2026-03-04T14:00:00+01:00"},
            3,
            "until 2026-03-04 13:00 UTC at 3",
        ),
        ({"pausedUntil": "2026-03-04T12:00:00Z"}, 5, "load 500 at 100 per replica asks for 5"),
        ({"paused": True, "pausedUntil": "2026-03-04T11:00:00Z"}, 5, "load 500"),
    ],
)
def test_paused(spec: dict[str, Any], desired: int, reason: str) -> None:
    made = decided(policy(**spec), moment(load=500), 3)
    assert made.desired == desired
    assert reason in made.reason


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        policy(pausedUntil="2026-03-04T12:00:00")


def test_a_direction_alone() -> None:
    behavior = Behavior.model_validate({"scaleDown": {"selectPolicy": "Min"}})
    held = paused_behavior(behavior, Pauses(scale_in=True))
    assert held.scale_down.select_policy == "Disabled"
    assert held.scale_up == behavior.scale_up
    assert paused_behavior(behavior, Pauses()) is behavior


@pytest.mark.parametrize("text", ["", "3.0", " 3", "2147483648", "many"])
def test_a_count_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        paused_count({"paused-replicas": text})


def test_counts() -> None:
    assert paused_count({"paused-replicas": "+7"}) == 7
    assert paused_count({}) is None


@pytest.mark.parametrize(
    ("spec", "load", "count", "desired"),
    [
        pytest.param({"pausedScaleOut": True}, 900, 3, 3, id="not up"),
        pytest.param({"pausedScaleOut": True}, 0, 3, 1, id="but down"),
        pytest.param({"pausedScaleIn": True}, 0, 3, 3, id="not down"),
        pytest.param({"pausedScaleIn": True}, 500, 3, 5, id="but up"),
        pytest.param({"pausedScaleOut": True, **ZERO}, 5, 0, 0, id="not woken"),
        pytest.param({"pausedScaleIn": True, **ZERO}, 0, 1, 1, id="not put to rest"),
    ],
)
def test_one_direction_of_a_policy(
    spec: dict[str, Any], load: float, count: int, desired: int
) -> None:
    past = every_15_s(range(15, 400, 15), load=0)
    assert decided(policy(**spec), moment(load=load), count, past).desired == desired
