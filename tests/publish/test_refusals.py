"""A person who closes a pull request says no: nothing of it is proposed again for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.decide.decision import Decision
from tests.parts.github import GitHub
from tests.parts.state_repo import StateRepo
from tests.publish.conftest import comparing, decision, policy
from tests.publish.forging import BRANCH, DOWN, UP, Bot, counts, events

compared = pytest.fixture(comparing, name="compared")


@pytest.fixture
async def bot(hub: GitHub, tmp_path: Path) -> Bot:
    """It proposed, and a person closed it."""
    bot = Bot(hub, tmp_path)
    await bot.settle(UP)
    hub.pulls.close(1)
    return bot


async def test_a_closed_one_is_not_opened_again(bot: Bot, hub: GitHub) -> None:
    sha = hub.pulls.tip(BRANCH)
    for count in (40, 41):
        [refused] = await bot.settle(decision("checkout", 3, count))
        assert (refused.event, refused.note) == ("refused", "#1 was closed")
    assert len(hub.pulls.all) == 1
    assert hub.pulls.tip(BRANCH) == sha, "left alone, so that a person may open it again"


async def test_one_that_is_opened_again_goes_on(bot: Bot, hub: GitHub) -> None:
    hub.pulls.reopen(1)
    assert events(await bot.settle(UP)) == ["waiting"]


async def test_the_others_of_the_group_go_on(bot: Bot, hub: GitHub) -> None:
    proposals = await bot.settle(UP, DOWN)
    assert events(proposals) == ["refused", "opened"]
    assert counts(proposals[1:]) == {"search": 1}
    assert hub.pulls.get(2).title == "scale: search 3→1"
    assert events(await bot.settle(UP, DOWN)) == ["refused", "waiting"]


async def test_many_are_parted_without_comparing_all(bot: Bot, compared: list[Decision]) -> None:
    await bot.settle(UP, DOWN)
    assert compared == []


async def test_the_no_ends_by_time(bot: Bot, hub: GitHub) -> None:
    bot.clock = lambda: datetime.now(UTC) + timedelta(minutes=29)
    assert events(await bot.settle(UP)) == ["refused"]
    bot.clock = lambda: datetime.now(UTC) + timedelta(minutes=31)
    assert events(await bot.settle(UP)) == ["opened"]
    assert [pull.number for pull in hub.pulls.open] == [2]


async def test_it_lasts_as_long_as_the_policy_says(bot: Bot) -> None:
    patient = policy("checkout", overrideHold="2h")
    bot.policies["checkout"] = bot.made_by["checkout"] = patient
    bot.clock = lambda: datetime.now(UTC) + timedelta(minutes=119)
    assert events(await bot.settle(UP)) == ["refused"]


async def test_a_policy_may_know_better(bot: Bot) -> None:
    bot.policies["checkout"] = bot.made_by["checkout"] = policy("checkout", overrideHold=0)
    assert events(await bot.settle(UP)) == ["opened"]


async def test_a_change_of_the_policy_s_file_is_a_newer_order(
    bot: Bot, state_repo: StateRepo
) -> None:
    state_repo.write({"notes.txt": "x"}, "Beside", when=later())
    assert events(await bot.settle(UP)) == ["refused"]
    state_repo.write({"policies/checkout.yaml": "# go on\n"}, "Go on", when=later())
    assert events(await bot.settle(UP)) == ["opened"]


async def test_a_branch_that_a_person_deletes_is_a_no_as_well(
    bot: Bot, hub: GitHub, state_repo: StateRepo
) -> None:
    await bot.settle(DOWN, known=["search"])
    state_repo.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    assert hub.pulls.open == []
    assert events(await bot.settle(DOWN)) == ["refused"]


def later() -> datetime:
    """After the closing, whose time has no fractions."""
    return datetime.now(UTC) + timedelta(seconds=1)
