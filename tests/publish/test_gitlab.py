"""Merge requests on GitLab: what a push of our branch tells it, and what the branch tells us."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.decide.decision import Decision
from bridge.errors import BranchProtected
from bridge.publish.case import Orders, Proposal, Wanted
from bridge.publish.drafting import Drafts
from bridge.publish.gitlab import GitLab
from bridge.publish.pull_request import PullRequests
from bridge.publish.writing import GitWriter
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo as Tip
from bridge.settings.publish import PublishSettings
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.publish.conftest import POLICIES, decision
from tests.publish.forging import BRANCH, DOWN, UP, events
from tests.repo.ways import BRIDGE, CHECKOUT, by_http, draft, hook

LISTENING = """
import json, os, sys
numbers = range(int(os.environ["GIT_PUSH_OPTION_COUNT"]))
with open(sys.argv[1], "a") as told:
    print(json.dumps([os.environ["GIT_PUSH_OPTION_%d" % n] for n in numbers]), file=told)
"""


class Bot:
    """Settles as a fresh process would, on a remote that notes the push options."""

    def __init__(self, server: GitHttp, repo: StateRepo, folder: Path) -> None:
        self.given = by_http(server, repo, folder)
        self.publish = PublishSettings(
            forge="gitlab", labels=("scaling", "bot"), reviewers=("robin",), auto_merge="squash"
        )
        self.told = folder / "told"
        script = folder / "listen.py"
        script.write_text(LISTENING)
        hook(repo, "post-receive", f"exec python3 {script} {self.told}")
        with (repo.path / "config").open("a") as config:
            config.write("[receive]\n\tadvertisePushOptions = true\n")

    async def settle(self, *decisions: Decision) -> list[Proposal]:
        policies = {name: POLICIES[name] for name in ("checkout", "search")}
        async with Tip(self.given) as repo:
            forge = GitLab(self.given.url, "main", self.publish)
            writing = Drafts(repo, BRIDGE, lambda: datetime.now(UTC)), GitWriter(repo)
            requests = PullRequests(repo, forge, writing, orders, "scalebridge")
            requests.rest = timedelta(0)
            return await requests.settle(Wanted({"scaling": decisions}, policies))

    @property
    def pushes(self) -> list[list[str]]:
        """The options of each push."""
        return [json.loads(line) for line in self.told.read_text().splitlines()]


async def orders(_: Snapshot) -> Orders:
    return Orders(POLICIES, {name: f"policies/{name}.yaml" for name in POLICIES})


@pytest.fixture
def bot(git_http: GitHttp, state_repo: StateRepo, tmp_path: Path) -> Bot:
    """A scalebridge that proposes to GitLab."""
    return Bot(git_http, state_repo, tmp_path)


async def test_the_push_that_makes_the_branch_opens_it(
    bot: Bot, git_http: GitHttp, state_repo: StateRepo
) -> None:
    [opened] = await bot.settle(UP)
    assert (opened.event, opened.decisions[0].desired) == ("opened", 40)
    assert opened.request
    assert opened.request.url == (
        f"{git_http.url}/state/-/merge_requests"
        "?state=all&source_branch=scalebridge%2Fmain%2Fscaling"
    )
    [options] = bot.pushes
    *first, description = options
    assert first == [
        "merge_request.create",
        "merge_request.target=main",
        "merge_request.remove_source_branch",
        "merge_request.label=scaling",
        "merge_request.label=bot",
        "merge_request.assign=robin",
        "merge_request.merge_when_pipeline_succeeds",
        "merge_request.squash",
        "merge_request.title=scale: checkout 3→40",
    ]
    assert description.startswith("merge_request.description=| target | from | to | why |\\n|---")
    assert state_repo.tip() == state_repo.log(BRANCH)[0].parents[0]


async def test_later_pushes_change_its_text_and_open_no_other(bot: Bot) -> None:
    await bot.settle(UP)
    assert events(await bot.settle(UP)) == ["waiting"]
    assert events(await bot.settle(decision("checkout", 3, 50), DOWN)) == ["updated"]
    _, options = bot.pushes
    assert [option.partition("=")[0] for option in options] == [
        "merge_request.title",
        "merge_request.description",
    ]
    assert options[0] == "merge_request.title=scale: checkout 3→50, search 3→1"


async def test_its_branch_goes_when_nothing_is_wanted(bot: Bot, state_repo: StateRepo) -> None:
    await bot.settle(UP)
    assert events(await bot.settle()) == ["closed"]
    assert state_repo.git("for-each-ref", "--format=%(refname)").split() == [b"refs/heads/main"]
    assert await bot.settle() == []


async def test_a_protected_branch_is_told_by_gitlab_s_words(
    bot: Bot, state_repo: StateRepo
) -> None:
    words = "GitLab: You are not allowed to push code to protected branches on this project."
    hook(state_repo, "pre-receive", f"echo '{words}' >&2; exit 1")
    async with Tip(bot.given) as repo:
        snapshot = await repo.look()
        commit = await repo.commit(draft(snapshot, {CHECKOUT: b"7\n"}), snapshot)
        with pytest.raises(BranchProtected, match="pre-receive hook declined: GitLab: You are"):
            await repo.push(commit, snapshot.tip)


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://gitlab.com/a/b/c.git", "https://gitlab.com/a/b/c/-/merge_requests"),
        ("git@gitlab.com:a/c.git", "https://gitlab.com/a/c/-/merge_requests"),
        ("ssh://git@gitlab.example:22/a/c.git", "https://gitlab.example/a/c/-/merge_requests"),
    ],
)
def test_people_are_led_to_its_page(remote: str, page: str) -> None:
    seen = GitLab(remote, "main", PublishSettings()).seen(BRANCH, exists=True)
    assert seen.open
    assert seen.open.url.partition("?")[0] == page
    assert GitLab(remote, "main", PublishSettings()).seen(BRANCH, exists=False).open is None
