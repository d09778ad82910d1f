"""One pull request per group: opened, kept up to date in place, closed when void."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.errors import RemoteRefused, RemoteUnavailable
from bridge.publish.case import Wanted
from bridge.publish.forge import Seen
from bridge.publish.github import GitHub as Forge
from bridge.repo.trailers import scale_decisions
from tests.conftest import DEPLOYMENT
from tests.parts.github import Fault, GitHub
from tests.parts.state_repo import StateRepo
from tests.publish.conftest import POLICIES, decision, policy
from tests.publish.forging import BRANCH, DOWN, UP, Bot, counts, events
from tests.publish.test_branch import counted
from tests.repo.ways import CHECKOUT, SEARCH


@pytest.fixture
def bot(hub: GitHub, tmp_path: Path) -> Bot:
    """A scalebridge that proposes."""
    return Bot(hub, tmp_path)


async def test_nothing_wanted_asks_github_nothing(bot: Bot, hub: GitHub) -> None:
    assert await bot.settle() == []
    assert hub.calls == []


async def test_one_is_opened_and_says_what_it_does(
    bot: Bot, hub: GitHub, state_repo: StateRepo
) -> None:
    tip = state_repo.tip()
    bot.asked(labels=["scaling", "bot"], reviewers=["robin"], team_reviewers=["platform"])
    [opened] = await bot.settle(UP, DOWN)
    [pull] = hub.pulls.open
    assert (opened.event, counts([opened])) == ("opened", {"checkout": 40, "search": 1})
    assert opened.request
    assert opened.request.url == f"{hub.url}/remote/state/pull/1"
    assert (pull.head, pull.base, pull.title) == (
        BRANCH,
        "main",
        "scale: checkout 3→40, search 3→1",
    )
    assert "| `Deployment/shop/checkout` | 3 | 40 | load asks for 40 |" in pull.body
    assert (pull.labels, pull.reviewers, pull.teams) == (
        ["scaling", "bot"],
        ["robin"],
        ["platform"],
    )
    [commit, _] = state_repo.log(BRANCH)
    assert (commit.parents, commit.paths) == ((tip,), (CHECKOUT, SEARCH))
    assert state_repo.read(CHECKOUT, BRANCH) == counted("checkout", 40)
    assert state_repo.tip() == tip, "nothing is committed meanwhile"


async def test_asked_again_nothing_happens(bot: Bot, hub: GitHub, state_repo: StateRepo) -> None:
    await bot.settle(UP)
    sha = state_repo.tip(BRANCH)
    assert events(await bot.settle(UP)) == ["waiting"]
    assert state_repo.tip(BRANCH) == sha
    assert [call for call in hub.calls if not call.startswith("GET")] == [
        "POST /repos/remote/state/pulls"
    ]


async def test_another_count_updates_it_in_place(
    bot: Bot, hub: GitHub, state_repo: StateRepo
) -> None:
    await bot.settle(UP)
    assert events(await bot.settle(decision("checkout", 3, 50), DOWN)) == ["updated"]
    [pull] = hub.pulls.all
    assert (pull.title, pull.pushes) == ("scale: checkout 3→50, search 3→1", 1)
    assert "40" not in pull.body
    [commit, seed] = state_repo.log(BRANCH)
    assert (commit.parents, commit.subject) == ((seed.sha,), pull.title)


async def test_it_is_not_changed_more_than_once_a_minute(
    bot: Bot, hub: GitHub, state_repo: StateRepo
) -> None:
    bot.rest = timedelta(minutes=1)
    await bot.settle(UP)
    sha = state_repo.tip(BRANCH)
    assert events(await bot.settle(decision("checkout", 3, 50))) == ["waiting"]
    assert events(await bot.settle()) == ["waiting"]
    assert state_repo.tip(BRANCH) == sha
    bot.clock = lambda: datetime.now(UTC) + timedelta(seconds=61)
    assert events(await bot.settle(decision("checkout", 3, 50))) == ["updated"]
    assert len(hub.pulls.open) == 1


async def test_the_base_may_move_beside_it(bot: Bot, state_repo: StateRepo) -> None:
    await bot.settle(UP)
    sha = state_repo.tip(BRANCH)
    state_repo.write({"notes.txt": "x"}, "Beside")
    assert events(await bot.settle(UP)) == ["waiting"]
    assert state_repo.tip(BRANCH) == sha


async def test_a_base_that_wants_it_up_to_date_gets_it_so(
    bot: Bot, hub: GitHub, state_repo: StateRepo
) -> None:
    await bot.settle(UP)
    tip = state_repo.write({"notes.txt": "x"}, "Beside")
    hub.strict = True
    assert events(await bot.settle(UP)) == ["updated"]
    assert state_repo.log(BRANCH)[0].parents == (tip,)


async def test_a_base_that_touched_its_file_makes_it_anew(bot: Bot, state_repo: StateRepo) -> None:
    await bot.settle(UP)
    theirs = DEPLOYMENT.format(name="checkout").replace("spec:", "# theirs\nspec:")
    tip = state_repo.write({CHECKOUT: theirs}, "Comment")
    assert events(await bot.settle(UP)) == ["updated"]
    assert state_repo.log(BRANCH)[0].parents == (tip,)
    assert state_repo.read(CHECKOUT, BRANCH).decode() == theirs.replace(": 3 ", ": 40 ")


async def test_it_is_closed_when_nothing_of_it_is_wanted(bot: Bot, hub: GitHub) -> None:
    await bot.settle(UP)
    assert events(await bot.settle()) == ["closed"]
    [pull] = hub.pulls.all
    assert (pull.state, pull.merged) == ("closed", None)
    assert pull.body.partition("\n")[2].startswith("**Closed by scalebridge:**")
    assert hub.pulls.tip(BRANCH) is None
    assert events(await bot.settle(UP)) == ["opened"], "what we closed is no order"
    assert [one.number for one in hub.pulls.open] == [2]


async def test_it_is_closed_when_the_base_says_so_already(bot: Bot, state_repo: StateRepo) -> None:
    await bot.settle(UP)
    state_repo.write({CHECKOUT: counted("checkout", 40)}, "By hand")
    assert events(await bot.settle(UP)) == ["closed"]


async def test_a_fresh_process_leaves_what_it_does_not_know_yet(
    bot: Bot, state_repo: StateRepo
) -> None:
    await bot.settle(UP, DOWN)
    sha = state_repo.tip(BRANCH)
    assert events(await bot.settle(DOWN, known=["search"])) == ["waiting"]
    assert state_repo.tip(BRANCH) == sha
    assert counts(await bot.settle(known=["search"])) == {"checkout": 40}


async def test_a_policy_that_changed_meanwhile_voids_its_part(bot: Bot) -> None:
    await bot.settle(UP, DOWN)
    bot.policies["checkout"] = policy("checkout", maxReplicas=30)
    assert counts(await bot.settle(UP, DOWN)) == {"search": 1}


async def test_a_policy_that_is_gone_takes_its_part_along(bot: Bot, hub: GitHub) -> None:
    await bot.settle(UP)
    del bot.policies["checkout"]
    assert events(await bot.settle(known=[])) == ["closed"]
    assert hub.pulls.open == []


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
async def test_a_merged_one_scales_and_its_branch_goes(
    bot: Bot, hub: GitHub, state_repo: StateRepo, method: str
) -> None:
    await bot.settle(UP)
    hub.pulls.merge(1, method)  # type: ignore[arg-type]  # the parameter's values
    assert state_repo.read(CHECKOUT) == counted("checkout", 40)
    assert await bot.settle() == []
    assert hub.pulls.tip(BRANCH) is None
    assert [pull.merged is not None for pull in hub.pulls.all] == [True]


async def test_one_that_is_merged_between_look_and_question_is_not_opened_again(
    bot: Bot, hub: GitHub, state_repo: StateRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.settle(UP)
    asked = Forge.seen

    def merged_first(forge: Forge, branch: str, *, exists: bool) -> Seen:
        hub.pulls.merge(1, "squash")
        return asked(forge, branch, exists=exists)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Forge, "seen", merged_first)
        assert await bot.settle(UP) == []
    assert await bot.settle(UP) == []
    assert len(hub.pulls.all) == 1
    assert (state_repo.read(CHECKOUT), hub.pulls.tip(BRANCH)) == (counted("checkout", 40), None)


async def test_a_person_s_commit_on_our_branch_is_left_to_them(
    bot: Bot, hub: GitHub, state_repo: StateRepo
) -> None:
    await bot.settle(UP)
    tree = state_repo.git("rev-parse", f"{BRANCH}^{{tree}}").decode().strip()
    who = ("-c", "user.name=Robin", "-c", "user.email=robin@example.org")
    theirs = state_repo.git(*who, "commit-tree", tree, "-p", BRANCH, "-m", "Mine")
    sha = theirs.decode().strip()
    state_repo.git("update-ref", f"refs/heads/{BRANCH}", sha)
    assert events(await bot.settle(decision("checkout", 3, 9))) == ["taken_over"]
    assert events(await bot.settle()) == ["taken_over"]
    assert state_repo.tip(BRANCH) == sha
    assert len(hub.pulls.open) == 1


async def test_a_crash_after_the_push_is_made_good(
    bot: Bot, hub: GitHub, state_repo: StateRepo
) -> None:
    hub.faulty("POST", Fault(502, "Bad gateway"))
    with pytest.raises(RemoteUnavailable, match="502"):
        await bot.settle(UP)
    sha = state_repo.tip(BRANCH)
    assert hub.pulls.open == []
    assert events(await bot.settle(UP)) == ["opened"]
    assert (state_repo.tip(BRANCH), len(hub.pulls.open)) == (sha, 1)


async def test_groups_have_one_each(bot: Bot, hub: GitHub) -> None:
    policies = {name: POLICIES[name] for name in ("checkout", "search")}
    async with bot.opened() as requests:
        both = await requests.settle(Wanted({"shop": [UP], "find": [DOWN]}, policies))
    assert [one.group for one in both] == ["find", "shop"]
    assert [pull.head for pull in hub.pulls.open] == [
        "scalebridge/main/find",
        "scalebridge/main/shop",
    ]


async def test_a_group_that_fails_takes_no_other_along(bot: Bot, hub: GitHub) -> None:
    policies = {name: POLICIES[name] for name in ("checkout", "search")}
    hub.faulty("POST", Fault(422, "Validation Failed"))
    async with bot.opened() as requests:
        failed, opened = await requests.settle(Wanted({"shop": [UP], "find": [DOWN]}, policies))
    assert (failed.group, failed.event, opened.group, opened.event) == (
        "find",
        "failed",
        "shop",
        "opened",
    )
    assert "422: Validation Failed" in str(failed.error)


async def test_auto_merge_is_asked_for_and_keeps_the_trailers(
    bot: Bot, hub: GitHub, state_repo: StateRepo
) -> None:
    bot.asked(auto_merge="squash")
    await bot.settle(UP)
    assert hub.pulls.get(1).auto_merge
    assert len(hub.pulls.open) == 1
    hub.approve(1)
    message = state_repo.git("log", "-1", "--format=%B").decode()
    assert [(made.policy, made.to) for made in scale_decisions(message)] == [("checkout", 40)]
    assert state_repo.read(CHECKOUT) == counted("checkout", 40)


async def test_auto_merge_with_nothing_to_wait_for_merges(
    bot: Bot, hub: GitHub, state_repo: StateRepo
) -> None:
    bot.asked(auto_merge="merge")
    hub.needs_review = False
    await bot.settle(UP)
    assert state_repo.read(CHECKOUT) == counted("checkout", 40)
    assert await bot.settle() == []


async def test_github_s_refusal_names_the_setting(bot: Bot, hub: GitHub) -> None:
    hub.faulty("*", Fault(403, "Resource not accessible by integration"))
    with pytest.raises(RemoteRefused, match=r"403: Resource not .* \(see publish\.token_file"):
        await bot.settle(UP)
