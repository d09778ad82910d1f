"""Alerts that hold a minimum while they fire: by the alert, the log and now, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.decide.alerts import began, concerns
from bridge.decide.override import Override
from bridge.decide.recall import Scaled
from bridge.evaluate.alerts import Alerts, Firing
from bridge.policy.alert import AlertRule
from bridge.policy.model import ScalingPolicy
from tests.decide.given import ago, decided, moment
from tests.policy.given import policy

DEEP = {"alertname": "QueueDeep"}
DOWN_AT_ONCE = {"scaleDown": {"stabilizationWindowSeconds": 0}}


def ruled(least: int | str | None = "+50%", **spec: Any) -> ScalingPolicy:
    """A policy that raises its minimum while QueueDeep fires."""
    rule = {"match": DEEP, "minReplicas": least}
    return policy(**{"alerts": [rule], "behavior": DOWN_AT_ONCE, **spec})


def fires(since: float = 60, until: float | None = None, **labels: str) -> Firing:
    """QueueDeep, since that long ago, until that long ago."""
    ended = None if until is None else ago(until)
    return Firing({**DEEP, **labels}, ago(since), ended)


def test_a_count_is_held_while_it_fires() -> None:
    made = decided(ruled(8), moment(load=200), 2, alerts=Alerts((fires(90),)))
    why = "alert QueueDeep, firing since 2026-03-04 11:58 UTC, raises the minimum to 8"
    assert (made.desired, made.reasons[-1]) == (8, why)
    assert made.steps[-1].field == "spec.alerts.0.minReplicas"
    assert decided(ruled(8), moment(load=200), 8, alerts=Alerts((fires(),))).desired == 8
    assert decided(ruled(8), moment(load=200), 8).desired == 2


def test_a_raise_is_relative_to_the_count_when_it_began_whatever_was_committed_since() -> None:
    alerts = Alerts((fires(120),))
    made = decided(ruled(), moment(load=400), 4, alerts=alerts)
    assert (made.desired, "by 50% of 4 to 6" in made.reason) == (6, True)
    ours = Scaled(ago(100), 2, 6, ours=True)
    again = decided(ruled(), moment(load=400), 6, changes=(ours,), alerts=alerts)
    assert again.desired == 6
    higher = (ours, Scaled(ago(50), 3, 9, ours=True))
    assert decided(ruled(), moment(load=900), 9, changes=higher, alerts=alerts).desired == 9


def test_what_was_committed_before_it_began_is_part_of_the_count() -> None:
    before = Scaled(ago(121), 2, 6, ours=True)
    made = decided(ruled(), moment(load=400), 6, changes=(before,), alerts=Alerts((fires(120),)))
    assert made.desired == 9


def test_a_commit_of_the_second_in_which_it_began_came_after_it() -> None:
    since = replace(fires(120), since=ago(120) + timedelta(milliseconds=400))
    ours = Scaled(ago(120), 2, 6, ours=True)
    made = decided(ruled(), moment(load=400), 6, changes=(ours,), alerts=Alerts((since,)))
    assert made.desired == 6


@pytest.mark.parametrize(
    ("least", "committed", "expected"),
    [
        pytest.param("+50%", 5, 8, id="rounded up"),
        pytest.param("+1%", 5, 6, id="always at least one more"),
        pytest.param("+200%", 5, 15, id="more than twice"),
        pytest.param("+50%", 15, 20, id="capped at the maximum"),
        pytest.param(30, 15, 20, id="so is a count"),
        pytest.param(None, 5, 2, id="without a minimum it only wakes"),
    ],
)
def test_how_far_it_raises(least: int | str | None, committed: int, expected: int) -> None:
    made = decided(ruled(least), moment(load=200), committed, alerts=Alerts((fires(),)))
    assert made.desired == expected


def test_it_wakes_what_rests_but_not_what_a_person_switched_off() -> None:
    sleeper = ruled(minReplicas=0, cooldownPeriod=60)
    alerts = Alerts((fires(),))
    assert decided(sleeper, moment(load=0), 0, alerts=alerts).desired == 2
    assert decided(ruled(minReplicas=0), moment(load=0), 0, alerts=alerts).desired == 2
    idle = ruled(minReplicas=3, idleReplicas=1)
    assert decided(idle, moment(load=0), 1, alerts=alerts).desired == 2
    assert decided(ruled(5), moment(load=0), 0, alerts=alerts).desired == 0


def test_people_and_pauses_win() -> None:
    alerts, order = Alerts((fires(),)), Override(ago(60), "Ann", "a" * 40, 2)
    assert decided(ruled(8), moment(load=200), 2, override=order, alerts=alerts).desired == 2
    assert decided(ruled(8, paused=True), moment(load=200), 2, alerts=alerts).desired == 2
    assert decided(ruled(8, pausedReplicas=1), moment(load=200), 2, alerts=alerts).desired == 1


def test_it_raises_though_no_metric_is_known() -> None:
    assert decided(ruled(8), moment(load=None), 2, alerts=Alerts((fires(),))).desired == 8


def test_of_several_rules_the_highest_counts() -> None:
    both = ruled(
        alerts=[{"match": DEEP, "minReplicas": 5}, {"match": {"pod": "a"}, "minReplicas": 9}]
    )
    made = decided(both, moment(load=200), 2, alerts=Alerts((fires(), fires(30, pod="a"))))
    assert (made.desired, made.steps[-1].field) == (9, "spec.alerts.1.minReplicas")


def test_unknown_alerts_allow_no_scale_down_and_say_so() -> None:
    unknown = Alerts(error="no answer")
    made = decided(ruled(), moment(load=200), 6, alerts=unknown)
    assert (made.desired, made.errors) == (6, ("the alerts are unknown (no answer)",))
    assert "the alerts are unknown (no answer): no scale-down, held at 6" in made.reason
    assert decided(ruled(), moment(load=900), 6, alerts=unknown).desired == 9
    assert decided(ruled(maxReplicas=5), moment(load=900), 6, alerts=unknown).desired == 5
    resting = ruled(minReplicas=0, cooldownPeriod=60)
    assert decided(resting, moment(load=0), 3, alerts=unknown).desired == 3
    waking = decided(ruled(None), moment(load=200), 6, alerts=unknown)
    assert (waking.desired, waking.errors) == (2, ())


def test_the_next_pod_s_alert_raises_nothing_anew_where_the_first_one_s_ends() -> None:
    ours = Scaled(ago(290), 2, 6, ours=True)
    handed_over = Alerts((fires(300, 30, pod="a"), fires(60, pod="b")))
    made = decided(ruled(), moment(load=400), 6, changes=(ours,), alerts=handed_over)
    assert made.desired == 6
    apart = Alerts((fires(300, 90, pod="a"), fires(60, pod="b")))
    made = decided(ruled(), moment(load=400), 6, changes=(ours,), alerts=apart)
    assert made.desired == 9


def test_an_alert_that_is_older_than_the_memory_holds_and_raises_no_more() -> None:
    week = 7 * 24 * 3600
    changes = (Scaled(ago(week - 60), 1, 7), Scaled(ago(week + 60), 2, 6))
    made = decided(
        ruled(), moment(load=200), 7, changes=changes, alerts=Alerts((fires(week + 100),))
    )
    assert (made.desired, "of 7 days ago" in made.reason) == (6, True)


FLEET = {"kind": "Deployment", "matchLabels": {"a": "b"}}


def member(**selector: Any) -> ScalingPolicy:
    """A fleet's policy, made into one for shop/web."""
    fleet = policy(scaleTargetRef=None, scaleTargetSelector={**FLEET, **selector})
    spec = fleet.spec.model_copy(update={"scale_target_ref": policy().spec.scale_target_ref})
    return fleet.model_copy(update={"spec": spec})


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        ({}, {}, True),
        ({}, {"deployment": "web"}, True),
        ({}, {"deployment": "web", "namespace": "shop"}, True),
        ({}, {"deployment": "api"}, False),
        ({}, {"deployment": "web", "namespace": "other"}, False),
        ({"namespaceLabel": None}, {"deployment": "web", "namespace": "other"}, True),
        ({"nameLabel": "app"}, {"app": "api", "deployment": "web"}, False),
    ],
)
def test_an_alert_that_names_a_member_of_a_fleet_is_that_member_s(
    selector: dict[str, Any], labels: dict[str, str], expected: bool
) -> None:
    rule = AlertRule(match=DEEP, min_replicas=5)
    assert concerns(rule, member(**selector), {**DEEP, **labels}) is expected
    assert not concerns(rule, member(**selector), {**labels, "alertname": "Else"})


@given(st.lists(st.tuples(st.integers(0, 500), st.none() | st.integers(0, 500)), max_size=6))
def test_the_beginning_is_that_of_the_chain_that_leads_over_to_now(
    spans: list[tuple[int, int | None]],
) -> None:
    alerts = [
        fires(since, until, pod=str(n))
        for n, (since, until) in enumerate(spans)
        if until is None or until < since
    ]
    first = began(AlertRule(match=DEEP), policy(), Alerts(tuple(alerts)))
    assert began(AlertRule(match=DEEP), policy(), Alerts(tuple(reversed(alerts)) * 2)) == first
    firing = [alert.since for alert in alerts if alert.until is None]
    assert (first is None) is (not firing)
    if first is not None:
        assert first.since <= min(firing)
        gap = [a for a in alerts if a.since < first.since and (a.until or ago(0)) >= first.since]
        assert gap == []


@pytest.mark.parametrize("least", [0, -1, 100_001, True, 1.5, "50%", "+0%", "+50", "-5%", "x"])
def test_what_is_no_minimum_is_refused(least: object) -> None:
    with pytest.raises(ValidationError, match=r"expected a count from 1 to 100000, or a raise"):
        policy(alerts=[{"match": DEEP, "minReplicas": least}])
