"""A rival moves the branch under a service that knows the tip: all its caches are warm then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bridge.publish.branch import BranchPublisher
from bridge.repo.state_repo import StateRepo as Tip
from tests.conftest import DEPLOYMENT
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.publish.conftest import POLICIES, Moment, as_ever, decision, meanwhile
from tests.publish.test_branch import counted
from tests.repo.ways import BRIDGE, CHECKOUT, NOON, SEARCH, by_http

MOVED = "eu/all.yaml"
pytestmark = pytest.mark.parametrize("moment", ["before_advertise", "before_receive"])


@pytest.fixture
async def warm(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> AsyncIterator[BranchPublisher]:
    """It has indexed the tip, confirmed its counts, and read and pushed their files once."""
    async with Tip(by_http(git_http, state_repo, tmp_path)) as repo:
        publisher = BranchPublisher(repo, BRIDGE, lambda: NOON, as_ever)
        first = [decision("checkout", 3, 2), decision("search", 3, 2)]
        assert (await publisher.publish(first, POLICIES)).push
        snapshot = await repo.look()
        await repo.located(snapshot, [one.target for one in first])
        yield publisher


BOTH = [decision("checkout", 2, 7), decision("search", 2, 7)]
OURS = "scale: checkout 3→2, search 3→2"


class Rival(NamedTuple):
    """What somebody makes of checkout's file, and why our decision is dropped then."""

    content: bytes | None
    why: str


RIVALS = {
    "deleted": Rival(None, "Deployment/shop/checkout: no such workload below search_paths"),
    "changed": Rival(counted("checkout", 5), "Git says 5 now, the decision was made on 2"),
    "right already": Rival(counted("checkout", 7), "Git already says 7"),
}


@pytest.mark.parametrize("rival", RIVALS.values(), ids=RIVALS)
async def test_what_a_rival_did_to_a_target_stands(
    warm: BranchPublisher,
    git_http: GitHttp,
    state_repo: StateRepo,
    moment: Moment,
    rival: Rival,
) -> None:
    meanwhile(git_http, moment, lambda: state_repo.write({CHECKOUT: rival.content}, "By hand"))
    published = await warm.publish(BOTH, POLICIES)
    assert published.push
    assert published.push.races_lost == 1
    assert [(one.decision.policy, one.why) for one in published.dropped] == [
        ("checkout", rival.why)
    ]
    told = [one.subject for one in state_repo.log()]
    assert told == ["scale: search 2→7", "By hand", OURS, "Seed"]
    assert state_repo.read(SEARCH) == counted("search", 7)
    assert listed(state_repo, CHECKOUT) == (rival.content is not None)
    assert rival.content is None or state_repo.read(CHECKOUT) == rival.content


async def test_a_target_that_moves_is_scaled_where_it_is(
    warm: BranchPublisher, git_http: GitHttp, state_repo: StateRepo, moment: Moment
) -> None:
    there = "# moved\n" + counted("checkout", 2).decode()
    move = {CHECKOUT: None, MOVED: there}
    meanwhile(git_http, moment, lambda: state_repo.write(move, "Move"))
    published = await warm.publish(BOTH, POLICIES)
    assert published.push
    assert (published.push.files, published.dropped) == ((SEARCH, MOVED), ())
    assert state_repo.read(MOVED) == b"# moved\n" + counted("checkout", 7)
    assert not listed(state_repo, CHECKOUT)


async def test_a_count_that_shifts_in_its_file_is_found_again(
    warm: BranchPublisher, git_http: GitHttp, state_repo: StateRepo, moment: Moment
) -> None:
    """The place that was known, and proven, is another number now."""
    decoy = DEPLOYMENT.format(name="decoy").replace("replicas: 3", "replicas: 2")
    shifted = f"{decoy}---\n{counted('checkout', 2).decode()}"
    meanwhile(git_http, moment, lambda: state_repo.write({CHECKOUT: shifted}, "Shift"))
    published = await warm.publish(BOTH, POLICIES)
    assert published.push
    assert published.dropped == ()
    expected = f"{decoy}---\n{counted('checkout', 7).decode()}"
    assert state_repo.read(CHECKOUT).decode() == expected


def listed(repo: StateRepo, path: str) -> bool:
    """Whether the branch has the file."""
    return path in repo.git("ls-tree", "-r", "--name-only", "main").decode().splitlines()
