"""Rivals push between our fetch and our push: nothing is lost, neither theirs nor ours."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from operator import add
from pathlib import Path

import pytest

from bridge.batch.budget import HOUR, Budget
from bridge.commit.message import commit_message
from bridge.publish.branch import BranchPublisher
from bridge.publish.push import Published
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo as Tip
from tests.conftest import DEPLOYMENT
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.publish.conftest import POLICIES, WEBS, Moment, as_ever, decision, meanwhile
from tests.publish.test_branch import counted
from tests.repo.ways import BRIDGE, CHECKOUT, NOON, SEARCH, by_http

OURS = f"{BRIDGE.name} <{BRIDGE.email}>"
ROUNDS = 50
moments = pytest.mark.parametrize("moment", ["before_advertise", "before_receive"])


@pytest.mark.timeout(90)
async def test_fifty_batches_that_each_lose_a_race_lose_nothing(
    publisher: BranchPublisher, git_http: GitHttp, state_repo: StateRepo
) -> None:
    for number in range(ROUNDS):

        def rival(number: int = number) -> None:
            state_repo.write({f"notes/{number}.txt": f"{number}\n"}, f"Rival {number}")

        moment: Moment = "before_receive" if number % 2 else "before_advertise"
        meanwhile(git_http, moment, rival)
        published = await publisher.publish(
            [decision("checkout", 3 + number, 4 + number)], POLICIES
        )
        assert published.push
        assert (published.push.races_lost, published.dropped) == (1, ())
    commits = state_repo.log()
    ours = [one for one in commits if one.author == OURS]
    assert [one.paths for one in ours] == [(CHECKOUT,)] * ROUNDS
    assert ours[0].subject == f"scale: checkout {2 + ROUNDS}→{3 + ROUNDS}"
    assert len(commits) == 1 + 2 * ROUNDS
    assert all(one.paths for one in commits)
    state_repo.assert_linear()
    assert state_repo.read(CHECKOUT) == counted("checkout", 3 + ROUNDS)
    for number in range(ROUNDS):
        assert state_repo.read(f"notes/{number}.txt") == f"{number}\n".encode()


@moments
async def test_a_batch_that_loses_several_times_in_a_row_wins_in_the_end(
    publisher: BranchPublisher, git_http: GitHttp, state_repo: StateRepo, moment: Moment
) -> None:
    seen: list[str] = []

    def rival() -> None:
        seen.append(state_repo.write({f"notes/{len(seen)}.txt": "theirs\n"}, "Rival"))

    meanwhile(git_http, moment, rival, times=6)
    published = await publisher.publish([decision(), decision("search")], POLICIES)
    assert published.push
    assert published.push.races_lost == 6
    assert [one.sha for one in state_repo.log()][:7] == [published.push.after, *seen[::-1]]
    assert state_repo.log()[0].paths == (CHECKOUT, SEARCH)
    state_repo.assert_linear()


@moments
@pytest.mark.parametrize("count", [9, 7])
async def test_a_rival_who_sets_the_very_count_wins(
    publisher: BranchPublisher,
    git_http: GitHttp,
    state_repo: StateRepo,
    moment: Moment,
    count: int,
) -> None:
    why = {9: "Git says 9 now, the decision was made on 3", 7: "Git already says 7"}[count]
    theirs = {CHECKOUT: counted("checkout", count)}
    meanwhile(git_http, moment, lambda: state_repo.write(theirs, "By hand"))
    published = await publisher.publish([decision()], POLICIES)
    assert published.push is None
    assert [one.why for one in published.dropped] == [why]
    assert [one.subject for one in state_repo.log()] == ["By hand", "Seed"]


async def test_the_others_of_the_batch_go_on(
    publisher: BranchPublisher, git_http: GitHttp, state_repo: StateRepo
) -> None:
    theirs = {CHECKOUT: counted("checkout", 9)}
    meanwhile(git_http, "before_receive", lambda: state_repo.write(theirs, "By hand"))
    published = await publisher.publish([decision(), decision("search")], POLICIES)
    assert published.push
    assert [one.policy for one in published.push.decisions] == ["search"]
    assert state_repo.log()[0].subject == "scale: search 3→7"
    assert state_repo.read(CHECKOUT) == counted("checkout", 9)


async def test_a_target_that_is_deleted_meanwhile_stays_deleted(
    publisher: BranchPublisher, git_http: GitHttp, state_repo: StateRepo
) -> None:
    meanwhile(git_http, "before_receive", lambda: state_repo.write({CHECKOUT: None}, "Retire"))
    published = await publisher.publish([decision()], POLICIES)
    assert [one.why for one in published.dropped] == [
        "Deployment/shop/checkout: no such workload below search_paths"
    ]
    assert [one.subject for one in state_repo.log()] == ["Retire", "Seed"]


async def test_a_target_that_moves_meanwhile_is_scaled_where_it_is(
    publisher: BranchPublisher, git_http: GitHttp, state_repo: StateRepo
) -> None:
    commented = "# moved\n" + DEPLOYMENT.format(name="checkout")
    move = {CHECKOUT: None, "eu/all.yaml": commented}
    meanwhile(git_http, "before_receive", lambda: state_repo.write(move, "Move"))
    published = await publisher.publish([decision()], POLICIES)
    assert published.push
    assert published.push.files == ("eu/all.yaml",)
    assert state_repo.read("eu/all.yaml") == b"# moved\n" + counted("checkout", 7)
    assert state_repo.log()[0].paths == ("eu/all.yaml",)


async def test_a_rival_s_edit_of_the_same_file_is_kept(
    publisher: BranchPublisher, git_http: GitHttp, state_repo: StateRepo
) -> None:
    theirs = {CHECKOUT: DEPLOYMENT.format(name="checkout").replace("spec:", "# theirs\nspec:")}
    meanwhile(git_http, "before_receive", lambda: state_repo.write(theirs, "Comment"))
    await publisher.publish([decision()], POLICIES)
    expected = counted("checkout", 7).replace(b"spec:", b"# theirs\nspec:")
    assert state_repo.read(CHECKOUT) == expected


async def published_by_each(
    parties: Sequence[str],
    server: GitHttp,
    state_repo: StateRepo,
    folder: Path,
    step: timedelta = timedelta(seconds=1),
) -> list[Published]:
    """As many publishers as names, each with a mirror and a clock of its own, all at once."""
    async with AsyncExitStack() as stack:
        publishers = []
        for number, _ in enumerate(parties):
            given = by_http(server, state_repo, folder, mirror=folder / f"{number}.git")
            repo = await stack.enter_async_context(Tip(given))
            publishers.append(
                BranchPublisher(repo, BRIDGE, partial(add, NOON, step * number), as_ever)
            )
        pairs = zip(publishers, parties, strict=True)
        return await asyncio.gather(
            *(one.publish([decision(name)], POLICIES) for one, name in pairs)
        )


async def test_many_who_want_the_same_commit_it_once(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> None:
    done = await published_by_each(["checkout"] * 6, git_http, state_repo, tmp_path)
    assert [bool(one.push) for one in done].count(True) == 1
    assert {d.why for one in done for d in one.dropped} == {"Git already says 7"}
    assert [one.subject for one in state_repo.log()] == ["scale: checkout 3→7", "Seed"]


async def test_of_two_who_write_the_same_commit_in_the_same_second_one_has_made_it(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> None:
    """The other one would count it as well, and have the reconcilers told of it again."""
    at_once = timedelta(0)
    done = await published_by_each(["checkout"] * 2, git_http, state_repo, tmp_path, at_once)
    assert [one.push.after for one in done if one.push] == [state_repo.tip()]
    assert [d.why for one in done for d in one.dropped] == ["Git already says 7"]
    assert [one.subject for one in state_repo.log()] == ["scale: checkout 3→7", "Seed"]


async def test_many_who_want_different_things_all_get_them(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> None:
    names = WEBS
    state_repo.write({f"apps/{n}.yaml": DEPLOYMENT.format(name=n) for n in names}, "Add")
    done = await published_by_each(names, git_http, state_repo, tmp_path)
    assert all(one.push for one in done)
    assert len(state_repo.log()) == 2 + len(names)
    state_repo.assert_linear()
    for name in names:
        assert state_repo.read(f"apps/{name}.yaml") == counted(name, 7)


@moments
async def test_the_last_commit_of_a_budget_goes_to_one_of_two_rivals(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path, moment: Moment
) -> None:
    async with Tip(by_http(git_http, state_repo, tmp_path)) as repo:

        async def budget_at(snapshot: Snapshot) -> Budget:
            history = await repo.history(snapshot, NOON - HOUR, NOON)
            return Budget(1, tuple(commit.at for commit in history if commit.decisions))

        publisher = BranchPublisher(repo, BRIDGE, lambda: NOON, as_ever).within(budget_at)
        theirs = commit_message([decision("search", 3, 2)])
        meanwhile(git_http, moment, lambda: state_repo.write({"x": "y"}, theirs, when=NOON))
        down = decision("checkout", 3, 2)
        published = await publisher.publish([down], POLICIES)
        assert (published.push, published.waiting) == (None, (down,))
        assert published.waits_until == NOON + HOUR
        raised = await publisher.publish([decision("checkout", 3, 4), down], POLICIES)
        assert raised.push, "a scale-up overdraws it"
    assert [commit.subject for commit in state_repo.log()] == [
        "scale: checkout 3→4",
        "scale: search 3→2",
        "Seed",
    ]
