"""Of thousands of decisions none is compared with all others, while the webhooks wait."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from bridge.commit.message import commit_message
from bridge.decide.decision import Decision
from bridge.observe.status import Status
from bridge.policy.conflicts import Conflict
from bridge.policy.model import ScalingPolicy
from bridge.publish.branch import BranchPublisher
from bridge.publish.case import Case, Orders, Wanted, standing
from bridge.publish.push import Published
from bridge.repo.side import Head
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo
from bridge.service.guarding import Guarding
from bridge.service.opening import Publishers
from bridge.service.proposing import Proposing
from bridge.settings.publish import PublishSettings
from tests.publish.conftest import comparing, decision, policy

NAMES = [f"web-{number}" for number in range(100)]


compared = pytest.fixture(comparing, name="compared")


class Branch:
    """Takes what goes straight to it."""

    def __init__(self) -> None:
        self.taken: list[Decision] = []

    async def publish(self, decisions: list[Decision], _: Any) -> Published:
        self.taken += decisions
        return Published(None)


async def test_what_asks_for_an_approval_is_parted_in_one_go(compared: list[Decision]) -> None:
    branch = Branch()
    publishers = Publishers(cast("BranchPublisher", branch), None)
    proposing = Proposing(publishers, PublishSettings(), Status(datetime.now(UTC)))
    asking = {"approval": {"whenChangeExceeds": "100%"}}
    policies = {name: policy(name, **asking) for name in NAMES}
    decisions = [decision(name, 3, 40 if place % 2 else 4) for place, name in enumerate(NAMES)]
    await proposing.publish(decisions, policies)
    assert [one.policy for one in branch.taken] == NAMES[::2]
    assert compared == []


def test_what_a_former_process_proposed_is_found_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []

    def name(one: ScalingPolicy) -> str:
        named.append(one.metadata.name)
        return one.metadata.name

    policies = {name: policy(name) for name in NAMES}
    made = commit_message([decision(name, 3, 4) for name in NAMES])
    head = Head("1" * 40, "0" * 40, datetime.now(UTC), made)
    monkeypatch.setattr(ScalingPolicy, "name", property(name))
    case = Case("scaling", "ours/scaling", Snapshot("", {}), Orders(policies, {}), head)
    assert [one.policy for one in standing(case, Wanted({}, {}))] == NAMES
    assert len(named) < 5 * len(NAMES)


class Told(list[str]):
    """Of conflicts that are known; whoever looks for one in it looks at all."""

    searched = 0

    def __contains__(self, one: object) -> bool:
        self.searched += 1
        return super().__contains__(one)


def test_conflicts_are_told_once_and_looked_up() -> None:
    status = Status(datetime.now(UTC))
    guarding = Guarding(cast("StateRepo", None), status)
    status.conflicts = told = Told()
    guarding._note([Conflict(name, f"{name}.yaml", 1, "two owners") for name in NAMES])
    assert told.searched == 0
    assert len(status.conflicts) == len(NAMES)
