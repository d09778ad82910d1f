"""A firing alert wakes the policies that ask for it, or whose target it names."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bridge.policy.model import ScalingPolicy
from bridge.trigger.notification import Alert, LeftOut, Signal
from bridge.trigger.wake import Sleepers
from tests.policy.given import policy
from tests.policy.test_members import fleet

SLOW = {"alertname": "ShopSlow", "service": "web"}
MATCHING = policy(alerts=[{"match": {"alertname": "QueueDeep"}}, {"match": SLOW}])


def woken(signals: Iterable[Signal], policies: Iterable[ScalingPolicy]) -> dict[str, str]:
    """Whom these wake."""
    return Sleepers(policies).woken(signals)


def wakes(signal: Signal, asked: ScalingPolicy) -> bool:
    """Whether this signal alone wakes this policy alone."""
    return bool(woken([signal], [asked]))


def alert(status: str = "firing", **labels: str) -> Alert:
    """An alert with these labels."""
    return Alert.model_validate({"status": status, "labels": labels})


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param({"alertname": "QueueDeep"}, True, id="all labels of one match"),
        pytest.param({"alertname": "QueueDeep", "x": "y"}, True, id="more labels"),
        pytest.param(SLOW, True, id="all labels of the other match"),
        pytest.param({"alertname": "ShopSlow"}, False, id="a label is missing"),
        pytest.param({**SLOW, "service": "api"}, False, id="a label differs"),
        pytest.param({}, False, id="no labels"),
        pytest.param({"deployment": "web", "namespace": "shop"}, True, id="its target by name"),
        pytest.param({"deployment": "web"}, True, id="its target without a namespace"),
        pytest.param({"deployment": "web", "namespace": "b"}, False, id="another namespace"),
        pytest.param({"deployment": "api", "namespace": "shop"}, False, id="another target"),
        pytest.param({"statefulset": "web", "namespace": "shop"}, False, id="another kind"),
    ],
)
def test_labels_say_whom_an_alert_wakes(labels: dict[str, str], expected: bool) -> None:
    assert wakes(alert(**labels), MATCHING) is expected


def test_a_fleet_is_woken_by_what_it_asks_for_and_by_no_members_name() -> None:
    asking = fleet(alerts=[{"match": {"alertname": "QueueDeep"}}])
    assert wakes(alert(alertname="QueueDeep"), asking)
    assert not wakes(alert(deployment="web", namespace="shop"), asking)


def test_a_target_of_another_kind_is_named_by_its_own_label() -> None:
    rollout = policy(scaleTargetRef={"kind": "Rollout", "name": "web"})
    assert wakes(alert(rollout="web"), rollout)
    assert not wakes(alert(deployment="web"), rollout)


def test_a_resolved_alert_wakes_nobody() -> None:
    assert not wakes(alert("resolved", alertname="QueueDeep"), MATCHING)


def test_a_notification_wakes_each_policy_once() -> None:
    other = policy("api")
    asleep = policy("job", alerts=[{"match": SLOW}], suspend=True)
    alerts = [
        alert(alertname="QueueDeep"),
        alert(**SLOW),
        alert(deployment="api", namespace="shop"),
        alert("resolved", alertname="Gone", deployment="api"),
    ]
    assert woken(iter(alerts), [MATCHING, other, asleep]) == {
        "web": "QueueDeep",
        "api": "unnamed",
    }


def test_alerts_that_concern_nobody_wake_nobody() -> None:
    assert not woken([alert(alertname="Else")], [MATCHING])
    assert not woken([], [MATCHING])
    assert not woken([alert(**SLOW)], [])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param({}, True, id="nothing is known of them"),
        pytest.param({"alertname": "QueueDeep"}, True, id="the group is that of a match"),
        pytest.param({"service": "web"}, True, id="a part of the other match"),
        pytest.param({"alertname": "Else"}, False, id="the group is another"),
        pytest.param({"alertname": "ShopSlow", "service": "api"}, False, id="a label differs"),
    ],
)
def test_alerts_that_were_left_out_wake_all_whose_rules_may_mean_them(
    labels: dict[str, str], expected: bool
) -> None:
    hidden = LeftOut(labels=labels, count=3)
    assert wakes(hidden, MATCHING) is expected
    assert not wakes(hidden, policy("api"))
    if expected:
        name = labels.get("alertname", "unnamed")
        assert woken([hidden], [MATCHING]) == {"web": f"{name} (3 left out)"}


def test_of_a_storm_each_policy_looks_at_its_own_alerts_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = 0

    def counted(self: Alert, match: dict[str, str]) -> bool:
        nonlocal looks
        looks += 1
        return match.items() <= self.labels.items()

    monkeypatch.setattr(Alert, "may_match", counted)
    alerts = [alert(alertname=f"A{n}", deployment=f"d{n}") for n in range(1000)]
    rules = [[{"match": {"alertname": f"A{n}"}}] for n in range(1000)]
    found = woken(alerts, [policy(f"p{n}", alerts=rule) for n, rule in enumerate(rules)])
    assert (len(found), looks) == (1000, 1000)
