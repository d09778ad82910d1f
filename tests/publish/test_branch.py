"""A batch becomes one commit, with what still holds on the tip of that moment."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge import __version__
from bridge.commit.edits import Spliced, spliced
from bridge.errors import PushRejected, RemoteRefused
from bridge.manifest.locator import Field, Locator
from bridge.publish.branch import BranchPublisher
from bridge.repo.state_repo import StateRepo as Tip
from tests.conftest import DEPLOYMENT
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.publish.conftest import POLICIES, as_ever, decision, meanwhile
from tests.repo.ways import BRIDGE, CHECKOUT, NOON, SEARCH, by_http, hook

MESSAGE = f"""\
scale: checkout 3→7, search 3→12

checkout (Deployment shop/checkout): 3 → 7
  requests 640 at 100 per replica asks for 7
  größer als „gestern“

search (Deployment shop/search): 3 → 12
  queue 1200 at 100 per replica asks for 12

Scaled-By: scalebridge/{__version__}
"""
TRAILERS = (
    'Scale-Decision: {"target":"Deployment/shop/checkout","from":3,"to":7,"policy":"checkout",'
    '"reason":"requests 640 at 100 per replica asks for 7; '
    'gr\\u00f6\\u00dfer als\\n \\u201egestern\\u201c"}\n'
    'Scale-Decision: {"target":"Deployment/shop/search","from":3,"to":12,"policy":"search",'
    '"reason":"queue 1200 at 100 per replica asks for 12"}\n'
)
TWO = (
    decision(
        "checkout", 3, 7, "requests 640 at 100 per replica asks for 7", "größer als\n „gestern“"
    ),
    decision("search", 3, 12, "queue 1200 at 100 per replica asks for 12"),
)


def counted(name: str, replicas: int) -> bytes:
    """The Deployment's file with another count and nothing else changed."""
    return DEPLOYMENT.format(name=name).replace("replicas: 3", f"replicas: {replicas}").encode()


async def test_several_workloads_become_one_commit(
    publisher: BranchPublisher, state_repo: StateRepo
) -> None:
    before = state_repo.tip()
    published = await publisher.publish(TWO, POLICIES)
    newest, seed = state_repo.log()
    assert state_repo.read(CHECKOUT) == counted("checkout", 7)
    assert state_repo.read(SEARCH) == counted("search", 12)
    assert (newest.parents, newest.paths) == ((seed.sha,), (CHECKOUT, SEARCH))
    assert newest.author == newest.committer == f"{BRIDGE.name} <{BRIDGE.email}>"
    assert newest.when == NOON
    assert published.push
    assert (published.push.before, published.push.after) == (before, newest.sha)
    assert published.push.files == (CHECKOUT, SEARCH)
    assert (published.push.decisions, published.push.races_lost) == (TWO, 0)
    assert published.push.subject == newest.subject
    assert published.dropped == ()


async def test_splicing_leaves_the_event_loop_free(
    publisher: BranchPublisher, state_repo: StateRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def watched(*given: Any) -> Spliced:
        threads.append(threading.current_thread())
        return spliced(*given)

    monkeypatch.setattr("bridge.publish.drafting.spliced", watched)
    await publisher.publish(TWO, POLICIES)
    assert state_repo.read(CHECKOUT) == counted("checkout", 7)
    [thread] = threads
    assert thread is not threading.current_thread()


async def test_an_edit_that_can_t_be_made_takes_no_other_along(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> None:
    """A pattern that says the old count would never find the new one."""
    state_repo.write({"args.yaml": b"a: web=3\n"}, "Web")
    made = decision("web", 3, 4)
    at = Locator(Field(("a",)), "args.yaml", pattern="web=3")
    made = replace(made, target=replace(made.target, at=at))
    async with Tip(by_http(git_http, state_repo, tmp_path)) as repo:
        publisher = BranchPublisher(repo, BRIDGE, lambda: NOON, as_ever)
        published = await publisher.publish([made, *TWO], POLICIES)
        alone = await publisher.publish([made], POLICIES)
    assert published.push
    assert published.push.decisions == TWO
    assert state_repo.log()[0].subject == "scale: checkout 3→7, search 3→12"
    why = "args.yaml: the edit would change more than the count"
    assert [one.why for one in published.dropped] == [why]
    assert (alone.push, [one.why for one in alone.dropped]) == (None, [why])


async def test_the_message_to_the_byte(publisher: BranchPublisher, state_repo: StateRepo) -> None:
    await publisher.publish(TWO, POLICIES)
    commit = state_repo.git("cat-file", "commit", "main").decode()
    assert commit.partition("\n\n")[2] == MESSAGE + TRAILERS
    parsed = state_repo.git("interpret-trailers", "--parse", given=commit.encode()).decode()
    assert parsed == MESSAGE.rpartition("\n\n")[2] + TRAILERS


async def test_several_counts_of_one_file(
    publisher: BranchPublisher, state_repo: StateRepo
) -> None:
    names = ("web", "api", "worker")
    texts = [DEPLOYMENT.format(name=name).replace("\n", "\r\n") for name in names]
    state_repo.write({"apps/all.yaml": "# größer\r\n" + "---\r\n".join(texts)}, "Add")
    await publisher.publish([decision("web", 3, 1000), decision("worker", 3, 10)], POLICIES)
    newest, *_ = state_repo.log()
    texts[0] = texts[0].replace("replicas: 3", "replicas: 1000")
    texts[2] = texts[2].replace("replicas: 3", "replicas: 10")
    assert state_repo.read("apps/all.yaml").decode() == "# größer\r\n" + "---\r\n".join(texts)
    assert newest.paths == ("apps/all.yaml",)


async def test_what_no_longer_holds_is_dropped_with_its_reason(
    publisher: BranchPublisher, state_repo: StateRepo
) -> None:
    state_repo.write({CHECKOUT: counted("checkout", 5)}, "By hand")
    decisions = [decision("checkout"), decision("gone"), decision("search")]
    published = await publisher.publish(decisions, POLICIES)
    assert [(one.decision.policy, one.why) for one in published.dropped] == [
        ("checkout", "Git says 5 now, the decision was made on 3"),
        ("gone", "Deployment/shop/gone: no such workload below search_paths"),
    ]
    newest, *_ = state_repo.log()
    assert (newest.subject, newest.paths) == ("scale: search 3→7", (SEARCH,))
    assert "checkout" not in newest.body


async def test_nothing_that_holds_is_no_commit(
    publisher: BranchPublisher, state_repo: StateRepo
) -> None:
    await publisher.publish([decision()], POLICIES)
    tip = state_repo.tip()
    published = await publisher.publish([decision(), decision("gone")], POLICIES)
    assert published.push is None
    assert [one.why for one in published.dropped] == [
        "Git already says 7",
        "Deployment/shop/gone: no such workload below search_paths",
    ]
    assert state_repo.tip() == tip


async def test_a_workload_that_stands_twice_is_left_alone(
    publisher: BranchPublisher, state_repo: StateRepo
) -> None:
    tip = state_repo.write({"apps/copy.yaml": DEPLOYMENT.format(name="checkout")}, "Copy")
    published = await publisher.publish([decision()], POLICIES)
    why = "Deployment/shop/checkout: stands in several places: apps/checkout.yaml:1, "
    assert [one.why for one in published.dropped] == [f"{why}apps/copy.yaml:1"][::-1]
    assert state_repo.tip() == tip


async def test_a_hook_that_refuses_is_not_asked_twice(
    publisher: BranchPublisher, state_repo: StateRepo, tmp_path: Path
) -> None:
    hook(state_repo, "pre-receive", f"echo asked >>'{tmp_path}/asked'; echo Frozen. >&2; exit 1")
    tip = state_repo.tip()
    with pytest.raises(RemoteRefused, match=r"pre-receive hook declined: Frozen\."):
        await publisher.publish([decision()], POLICIES)
    assert ((tmp_path / "asked").read_text(), state_repo.tip()) == ("asked\n", tip)


async def test_rivals_who_always_win_are_given_up_in_time(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> None:
    def rival() -> None:
        state_repo.write({"notes.txt": state_repo.tip()}, "Rival")

    meanwhile(git_http, "before_advertise", rival, times=1000)
    async with Tip(by_http(git_http, state_repo, tmp_path, timeout=1)) as repo:
        publisher = BranchPublisher(repo, BRIDGE, lambda: NOON, as_ever)
        with pytest.raises(PushRejected, match="stale info"):
            await publisher.publish([decision()], POLICIES)
    commits = state_repo.log()
    assert {one.subject for one in commits} == {"Seed", "Rival"}
    assert 3 <= len(commits) < 30
