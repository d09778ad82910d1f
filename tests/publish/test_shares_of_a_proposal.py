"""Two instances with a share of the targets each, and one pull request for their group."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.errors import BridgeError
from bridge.repo.trailers import scale_decisions
from tests.parts.github import GitHub
from tests.parts.state_repo import StateRepo
from tests.publish.conftest import decision
from tests.publish.forging import BRANCH, DOWN, UP, Bot, counts, events


@pytest.fixture
def shares(hub: GitHub, tmp_path: Path) -> tuple[Bot, Bot]:
    """The first decides checkout, the second search; each has a mirror of its own."""
    folders = tmp_path / "first", tmp_path / "second"
    for folder in folders:
        folder.mkdir()
    first, second = (Bot(hub, folder) for folder in folders)
    return first, second


async def test_each_adds_its_own_and_leaves_the_other_s(
    shares: tuple[Bot, Bot], hub: GitHub, state_repo: StateRepo
) -> None:
    first, second = shares
    assert counts(await first.settle(UP, known=["checkout"])) == {"checkout": 40}
    assert counts(await second.settle(DOWN, known=["search"])) == {"checkout": 40, "search": 1}
    sha = state_repo.tip(BRANCH)
    assert events(await first.settle(UP, known=["checkout"])) == ["waiting"]
    assert state_repo.tip(BRANCH) == sha
    assert counts(await second.settle(known=["search"])) == {"checkout": 40}
    assert events(await first.settle(known=["checkout"])) == ["closed"]
    assert hub.pulls.open == []


async def test_at_once_they_come_to_one_with_both(
    shares: tuple[Bot, Bot], hub: GitHub, state_repo: StateRepo
) -> None:
    first, second = shares
    up = decision("checkout", 3, 7)

    lost = []
    for _ in range(4):
        settled = await asyncio.gather(
            first.settle(up, known=["checkout"]),
            second.settle(DOWN, known=["search"]),
            return_exceptions=True,
        )
        lost += [one for one in settled if isinstance(one, BaseException)]
    assert all(isinstance(one, BridgeError) for one in lost)
    await first.settle(up, known=["checkout"])
    await second.settle(DOWN, known=["search"])
    assert len(hub.pulls.open) == len(hub.pulls.all) == 1
    newest, base, *_ = state_repo.log(BRANCH)
    made = {one.policy: (one.from_, one.to) for one in scale_decisions(newest.body)}
    assert made == {"checkout": (3, 7), "search": (3, 1)}
    assert base.sha == state_repo.tip()
