"""A replay decides over recorded load as the service would have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.backtest.replay import Step, Summary, replay, summary
from bridge.evaluate.reading import Moment, Reading
from bridge.policy.model import ScalingPolicy
from tests.decide.given import decision
from tests.policy.given import metric, policy

START = datetime(2026, 3, 4, 12, tzinfo=UTC)
AT_ONCE = {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}


def recorded(*loads: float | None, every: float = 60, ready: int | None = None) -> list[Moment]:
    """The load at each step."""
    return [
        Moment(
            START + timedelta(seconds=every * step),
            (Reading("load", load, "" if load is not None else "no data"),),
            ready,
        )
        for step, load in enumerate(loads)
    ]


def counts(asked: ScalingPolicy, moments: list[Moment], replicas: int) -> list[int]:
    """The count after each step."""
    return [step.decision.desired for step in replay(asked, moments, replicas)]


def test_counts_follow_the_load() -> None:
    loads = recorded(200, 640, 640, None, 100, 2000)  # 640 is within 10 % of what 6 can bear
    assert counts(policy(**AT_ONCE), loads, 2) == [2, 6, 6, 6, 1, 5]


def test_each_step_is_a_decision_at_its_time() -> None:
    steps = list(replay(policy(**AT_ONCE), recorded(200, 400), 2))
    assert [step.at for step in steps] == [START, START + timedelta(minutes=1)]
    assert [step.decision.current for step in steps] == [2, 2]
    assert steps[1].decision.reasons == ("load 400 at 100 per replica asks for 4",)


def test_rates_count_the_replays_own_changes() -> None:
    slow = {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}]}
    limited = policy(behavior={"scaleUp": slow})
    assert counts(limited, recorded(*[900] * 6, every=30), 1) == [3, 3, 5, 5, 7, 7]


def test_the_window_holds_a_fall_for_as_long_as_it_is() -> None:
    windowed = policy(behavior={"scaleDown": {"stabilizationWindowSeconds": 120}})
    assert counts(windowed, recorded(500, 100, 100, 100), 5) == [5, 5, 1, 1]


def test_a_gap_in_the_recording_holds_a_fall_as_long() -> None:
    windowed = policy(behavior={"scaleDown": {"stabilizationWindowSeconds": 120}})
    assert counts(windowed, recorded(100, None, 100, 100, 100), 5) == [5, 5, 5, 1, 1]


def test_a_window_shorter_than_a_step_holds_nothing() -> None:
    windowed = policy(behavior={"scaleDown": {"stabilizationWindowSeconds": 30}})
    assert counts(windowed, recorded(500, 100, 100), 5) == [5, 1, 1]


def test_moments_beyond_every_window_are_forgotten() -> None:
    windowed = policy(behavior={"scaleDown": {"stabilizationWindowSeconds": 3600}})
    assert counts(windowed, recorded(500, 300, 100, 100, every=1800), 5) == [5, 5, 3, 1]
    loads = recorded(100, 500, 100, 100, 100, every=1300)
    assert counts(windowed, loads, 5) == [5, 5, 5, 5, 1]


def test_ready_replicas_are_those_of_the_replay() -> None:
    busy = policy(**AT_ONCE, metrics=[metric("load", 1, "Value")])
    assert counts(busy, recorded(2, 2, ready=9), 3) == [6, 12]
    assert counts(busy, recorded(2, 2), 3) == [3, 3]  # nothing known, nothing done


def test_only_the_latest_changes_are_remembered() -> None:
    loads = [100.0 + 900 * (step % 2) for step in range(120)]
    assert counts(policy(**AT_ONCE), recorded(*loads), 1)[-2:] == [1, 5]


def test_a_summary_counts_changes_and_replica_hours() -> None:
    steps = [
        Step(START, decision(2, 4)),
        Step(START + timedelta(minutes=30), decision(4, 4)),
        Step(START + timedelta(minutes=90), decision(4, 1)),
    ]
    assert summary(steps) == Summary(steps=3, changes=2, lowest=1, highest=4, replica_hours=6.0)


@pytest.mark.parametrize("moments", [[], recorded(200)], ids=["none", "one"])
def test_a_short_replay_has_no_hours(moments: list[Moment]) -> None:
    steps = list(replay(policy(), moments, 2))
    count = 2 if moments else 0
    assert summary(steps) == Summary(len(moments), 0, count, count, 0.0)
