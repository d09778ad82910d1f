"""Of thousands of decisions none is compared with all others, while the webhooks wait."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from bridge.decide.decision import Decision
from bridge.observe.status import Status
from bridge.publish.branch import BranchPublisher
from bridge.publish.push import Published
from bridge.service.opening import Publishers
from bridge.service.proposing import Proposing
from bridge.settings.publish import PublishSettings
from tests.publish.conftest import decision, policy

NAMES = [f"web-{number}" for number in range(100)]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[Decision]:
    """Which decisions were compared with another one by all that they say."""
    met: list[Decision] = []

    def equals(one: Decision, other: object) -> bool:
        met.append(one)
        return one is other

    monkeypatch.setattr(Decision, "__eq__", equals)
    return met


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
