"""Commits made by GitHub itself, on the branch and for pull requests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bridge.errors import BranchProtected, ManifestUnsupported, PushRejected, RemoteUnavailable
from bridge.publish.branch import BranchPublisher
from bridge.publish.github import GitHubApi
from bridge.publish.github_commit import GitHubWriter
from bridge.repo.state_repo import StateRepo as Tip
from bridge.repo.trailers import scale_decisions
from bridge.settings.state_repo import StateRepoSettings
from tests.parts import github_graphql
from tests.parts.github import Fault, GitHub
from tests.parts.state_repo import StateRepo
from tests.publish.conftest import POLICIES, as_ever, decision
from tests.publish.forging import BRANCH, UP, Bot, events
from tests.publish.test_branch import TWO, counted
from tests.repo.ways import BRIDGE, CHECKOUT, NOON, SEARCH, draft, plant

GITHUB = "GitHub <noreply@github.com>"


@pytest.fixture
async def repo(hub: GitHub, tmp_path: Path) -> AsyncIterator[Tip]:
    """The state repo over HTTP."""
    url, password = hub.url_of(hub.repo.path), SecretStr(hub.password)
    async with Tip(
        StateRepoSettings(url=url, password=password, mirror=tmp_path / "mirror.git")
    ) as repo:
        yield repo


@pytest.fixture
def writer(hub: GitHub) -> GitHubWriter:
    """Lets GitHub commit."""
    remote = StateRepoSettings(url=hub.url_of(hub.repo.path))
    return GitHubWriter(GitHubApi(remote, lambda: hub.password), "main")


async def test_a_batch_is_one_commit_of_github_s(
    repo: Tip, writer: GitHubWriter, hub: GitHub, state_repo: StateRepo
) -> None:
    publisher = BranchPublisher(repo, BRIDGE, lambda: NOON, as_ever, writer)
    published = await publisher.publish(TWO, POLICIES)
    newest, seed = state_repo.log()
    assert published.push
    assert (published.push.after, newest.parents) == (newest.sha, (seed.sha,))
    assert (newest.committer, newest.paths) == (GITHUB, (CHECKOUT, SEARCH))
    assert state_repo.read(CHECKOUT) == counted("checkout", 7)
    message = state_repo.git("log", "-1", "--format=%B").decode()
    assert [made.to for made in scale_decisions(message)] == [7, 12]
    assert hub.calls == ["POST /graphql"]


async def test_a_lost_race_is_redone(
    repo: Tip, writer: GitHubWriter, state_repo: StateRepo
) -> None:
    snapshot = await repo.look()
    theirs = state_repo.write({"notes.txt": "x"}, "Rival")
    with pytest.raises(PushRejected, match="Expected branch to point to"):
        await writer.to_branch(draft(snapshot, {CHECKOUT: b"7\n"}), snapshot)
    assert state_repo.tip() == theirs
    publisher = BranchPublisher(repo, BRIDGE, lambda: NOON, as_ever, writer)
    published = await publisher.publish([decision()], POLICIES)
    assert published.push
    assert state_repo.log()[0].parents == (theirs,)


async def test_a_protected_branch_is_told(repo: Tip, writer: GitHubWriter, hub: GitHub) -> None:
    hub.protect("main")
    snapshot = await repo.look()
    with pytest.raises(BranchProtected, match="through a pull request"):
        await writer.to_branch(draft(snapshot, {CHECKOUT: b"7\n"}), snapshot)


async def test_patience_is_told(repo: Tip, writer: GitHubWriter, hub: GitHub) -> None:
    hub.faulty("POST", Fault(403, "You have exceeded a secondary rate limit", {"Retry-After": "9"}))
    snapshot = await repo.look()
    with pytest.raises(RemoteUnavailable) as told:
        await writer.to_branch(draft(snapshot, {CHECKOUT: b"7\n"}), snapshot)
    assert told.value.retry_after == 9


async def test_a_file_that_would_lose_its_mode_is_left_and_the_others_go_on(
    repo: Tip, writer: GitHubWriter, state_repo: StateRepo
) -> None:
    plant(state_repo, {CHECKOUT.encode(): ("100755", counted("checkout", 3))})
    publisher = BranchPublisher(repo, BRIDGE, lambda: NOON, as_ever, writer)
    published = await publisher.publish(TWO, POLICIES)
    assert (state_repo.read(CHECKOUT), state_repo.read(SEARCH)) == (
        counted("checkout", 3),
        counted("search", 12),
    )
    [dropped] = published.dropped
    assert dropped.why == f"{CHECKOUT}: is executable, which GitHub's commits can't keep"
    assert published.push
    assert published.push.decisions == TWO[1:]


async def test_it_is_no_pull_request_either(
    hub: GitHub, state_repo: StateRepo, tmp_path: Path
) -> None:
    plant(state_repo, {CHECKOUT.encode(): ("100755", counted("checkout", 3))})
    bot = Bot(hub, tmp_path)
    bot.by_api = True
    with pytest.raises(ManifestUnsupported, match="is executable"):
        await bot.settle(UP)
    assert hub.pulls.all == []


async def test_a_pull_request_is_updated_without_ever_being_closed(
    hub: GitHub, state_repo: StateRepo, tmp_path: Path
) -> None:
    bot = Bot(hub, tmp_path)
    bot.by_api = True
    assert events(await bot.settle(UP)) == ["opened"]
    assert events(await bot.settle(UP)) == ["waiting"]
    tip = state_repo.write({CHECKOUT: counted("checkout", 3) + b"# theirs\n"}, "Comment")
    assert events(await bot.settle(decision("checkout", 3, 50))) == ["updated"]
    [pull] = hub.pulls.open
    [newest, *_] = state_repo.log(BRANCH)
    assert (pull.number, pull.sha, newest.parents) == (1, newest.sha, (tip,))
    assert newest.committer == GITHUB
    refs = state_repo.git("for-each-ref", "--format=%(refname)", "refs/heads").decode().split()
    assert refs == ["refs/heads/main", f"refs/heads/{BRANCH}"]


async def test_what_a_crash_leaves_behind_is_cleared_away(
    hub: GitHub, state_repo: StateRepo, tmp_path: Path
) -> None:
    bot = Bot(hub, tmp_path)
    bot.by_api = True
    hub.faulty("DELETE", Fault(502, "Bad gateway"))
    with pytest.raises(RemoteUnavailable):
        await bot.settle(UP)
    assert len(state_repo.git("for-each-ref", "refs/heads").splitlines()) == 3
    assert events(await bot.settle(UP)) == ["opened"]
    assert len(state_repo.git("for-each-ref", "refs/heads").splitlines()) == 2


@pytest.mark.parametrize("fault", [Fault(422, "Reference does not exist"), Fault(404, "Not Found")])
async def test_a_branch_of_the_moment_that_is_gone_afterwards_is_no_fault(
    hub: GitHub, tmp_path: Path, fault: Fault
) -> None:
    """Another process takes it for what a crash left."""
    bot = Bot(hub, tmp_path)
    bot.by_api = True
    hub.faulty("DELETE", fault)
    assert events(await bot.settle(UP)) == ["opened"]


async def test_a_branch_of_the_moment_that_is_gone_too_early_is_a_lost_race(
    hub: GitHub, state_repo: StateRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Bot(hub, tmp_path)
    bot.by_api = True
    commit = github_graphql._commit

    def cleared(*given: Any) -> Any:
        for ref in heads(state_repo):
            if ref.startswith(f"{BRANCH}-"):
                state_repo.git("update-ref", "-d", f"refs/heads/{ref}")
        return commit(*given)

    monkeypatch.setattr(github_graphql, "_commit", cleared)
    with pytest.raises(PushRejected, match="No such branch"):
        await bot.settle(UP)
    assert heads(state_repo) == ["main"]
    monkeypatch.undo()
    assert events(await bot.settle(UP)) == ["opened"]
    assert heads(state_repo) == ["main", BRANCH]


def heads(repo: StateRepo) -> list[str]:
    """The remote's branches."""
    return repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads").decode().split()
