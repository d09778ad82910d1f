"""What was decided of late: what of it is known, and what asks for an approval."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bridge.policy.model import ScalingPolicy
from bridge.service.approvals import Approvals
from bridge.service.outcome import Outcome
from bridge.settings.publish import PublishSettings
from tests.publish.conftest import decision, policy

ASKING = {"approval": {"whenChangeExceeds": "100%"}}


def outcome(name: str, desired: int, *errors: str, **spec: Any) -> Outcome:
    """Of a target that has three replicas."""
    return Outcome(policy(name, **spec), replace(decision(name, 3, desired), errors=errors))


def taken(*outcomes: Outcome, **publish: Any) -> Approvals:
    """Of the last round."""
    approvals = Approvals(PublishSettings(**publish))
    governed = {one.policy.target for one in outcomes if not one.policy.is_fleet}
    approvals.take_in(governed, outcomes)
    return approvals


def test_what_asks_is_wanted_and_what_does_not_is_known() -> None:
    wanted = taken(outcome("checkout", 40, **ASKING), outcome("search", 4)).wanted()
    [asked] = wanted.decisions["scaling"]
    assert (asked.policy, asked.desired) == ("checkout", 40)
    assert asked.reasons[-1] == "a change by 1233% exceeds 100%: it needs an approval"
    assert set(wanted.known) == {"checkout", "search"}


def test_unknown_metrics_leave_what_is_proposed() -> None:
    wanted = taken(outcome("checkout", 3, "load: timeout"), outcome("search", 3)).wanted()
    assert set(wanted.known) == {"search"}
    assert wanted.decisions == {}


def test_a_branch_that_was_not_tried_leaves_what_would_go_there() -> None:
    approvals = taken(outcome("checkout", 40), outcome("search", 3), outcome("web", 40, **ASKING))
    assert set(approvals.wanted(untried=True).known) == {"search", "web"}
    assert set(approvals.wanted().known) == {"checkout", "search", "web"}


def test_a_policy_that_governs_no_more_is_forgotten() -> None:
    approvals = taken(outcome("checkout", 40, **ASKING))
    approvals.take_in(set(), [])
    assert not approvals.wanted().known


def test_a_fleet_without_members_is_no_target() -> None:
    selector = {"kind": "Deployment", "matchLabels": {"team": "nobody"}}
    fleet = policy("web").model_dump(by_alias=True, exclude_unset=True)
    del fleet["spec"]["scaleTargetRef"]
    fleet["spec"]["scaleTargetSelector"] = {**selector, "nameLabel": "deployment"}
    empty = Outcome(ScalingPolicy.model_validate(fleet), problem="no Deployment has the labels")
    assert not taken(empty, mode="pull_request", forge="github").wanted().known
