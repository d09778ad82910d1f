"""The push is a compare-and-swap, also where a plain push would have been let in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bridge.errors import RemoteRefused
from bridge.policy.model import ScalingPolicy
from bridge.publish.branch import BranchPublisher
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo as Tip
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.publish.conftest import POLICIES, Moment, decision, meanwhile, policy
from tests.repo.ways import BRIDGE, NOON, by_http, hook

MOMENTS: list[Moment] = ["before_advertise", "before_receive"]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_commit_that_was_taken_out_stays_out(
    publisher: BranchPublisher, state_repo: StateRepo, git_http: GitHttp, moment: Moment
) -> None:
    seed = state_repo.tip()
    state_repo.write({"leak.txt": "a secret"}, "Leak")
    meanwhile(git_http, moment, lambda: state_repo.git("update-ref", "refs/heads/main", seed))
    published = await publisher.publish([decision()], POLICIES)
    assert published.push
    assert [commit.subject for commit in state_repo.log()] == ["scale: checkout 3→7", "Seed"]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_deleted_branch_stays_deleted(
    publisher: BranchPublisher, state_repo: StateRepo, git_http: GitHttp, moment: Moment
) -> None:
    meanwhile(git_http, moment, lambda: state_repo.git("update-ref", "-d", "refs/heads/main"))
    with pytest.raises(RemoteRefused, match="couldn't find remote ref"):
        await publisher.publish([decision()], POLICIES)
    assert state_repo.git("for-each-ref") == b""


RIVAL = """\
export GIT_AUTHOR_NAME=Robin GIT_AUTHOR_EMAIL=r@x GIT_COMMITTER_NAME=Robin GIT_COMMITTER_EMAIL=r@x
git update-ref refs/heads/main $(git commit-tree -m Rival -p main 'main^{tree}')
"""


@pytest.mark.parametrize("since", ["", RIVAL], ids=["nothing since", "a rival since"])
async def test_a_push_whose_answer_was_lost_is_still_a_push(
    state_repo: StateRepo, publisher: BranchPublisher, since: str
) -> None:
    hook(state_repo, "post-receive", f"{since}kill -9 $PPID\n")
    published = await publisher.publish([decision()], POLICIES)
    assert published.push
    pushed = next(one for one in state_repo.log() if one.subject == "scale: checkout 3→7")
    assert published.push.after == pushed.sha
    assert (state_repo.tip() != pushed.sha) is bool(since)


@pytest.mark.parametrize(
    "changed",
    [{"suspend": True}, {"maxReplicas": 5}, None],
    ids=["suspended", "another limit", "gone"],
)
async def test_a_policy_that_changed_meanwhile_voids_its_decision(
    git_http: GitHttp, state_repo: StateRepo, changed: Mapping[str, object] | None
) -> None:
    now = {"search": POLICIES["search"]}
    if changed is not None:
        now["checkout"] = policy("checkout", **changed)

    async def policies_at(_: Snapshot) -> Mapping[str, ScalingPolicy]:
        return now

    async with Tip(by_http(git_http, state_repo, state_repo.path.parent)) as repo:
        publisher = BranchPublisher(repo, BRIDGE, lambda: NOON, policies_at)
        done = await publisher.publish([decision(), decision("search")], POLICIES)
    assert [(d.decision.policy, d.why) for d in done.dropped] == [
        ("checkout", "its policy changed meanwhile")
    ]
    assert state_repo.log()[0].subject == "scale: search 3→7"
