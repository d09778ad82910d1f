"""The service with a forge: what needs an approval waits in a pull request, and says so."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.github import Fault, GitHub
from tests.parts.state_repo import StateRepo
from tests.repo.processes import command_lines, until
from tests.service.conftest import count, subjects
from tests.service.program import configured, policy, running

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def hub(shop: StateRepo) -> Iterator[GitHub]:
    """GitHub, which understood all that it was asked."""
    with GitHub(shop) as hub:
        yield hub
    assert hub.misunderstood == []


@pytest.fixture
def config(hub: GitHub, fake: FakePrometheus, tmp_path: Path) -> Any:
    """`config(mode="pull_request")` writes a configuration for that GitHub."""
    (tmp_path / "token").write_text(f"{hub.password}\n")

    def written(commit: Any = None, **publish: Any) -> Path:
        remote = {"url": hub.url_of(hub.repo.path), "password_file": "token"}
        given = {"forge": "github", "poll_interval": "300ms", **publish}
        return configured(tmp_path, fake.url, remote, publish=given, commit=commit or {})

    return written


def test_by_mode_all_wait_for_approval_and_a_merge_scales(
    config: Any, hub: GitHub, shop: StateRepo, fake: FakePrometheus
) -> None:
    fake.script(ANY, samples(700))
    with running(config(mode="pull_request")) as program:
        opened = program.until("proposal_opened")
        assert opened["targets"] == ["Deployment/shop/checkout", "Deployment/shop/search"]
        program.until("proposal_waiting", times=2)
        [proposal] = program.status()["proposals"]
        assert (proposal["state"], proposal["url"]) == ("waiting", opened["url"])
        assert "waiting for approval: " + opened["url"] in program.page("/")
        assert [pull.title for pull in hub.pulls.open] == ["scale: checkout 3→7, search 3→7"]
        assert subjects(shop) == []
        hub.pulls.merge(1, "squash")
        until(lambda: program.status()["proposals"] == [], within=60)
        until(lambda: hub.pulls.tip("scalebridge/main/scaling") is None, within=60)
        assert (count(shop, "checkout"), count(shop, "search")) == (7, 7)
    assert len(hub.pulls.all) == 1


def test_small_changes_go_straight_and_large_ones_ask(
    config: Any, hub: GitHub, shop: StateRepo, fake: FakePrometheus
) -> None:
    rule = {"whenChangeExceeds": "100%", "group": "shop"}
    files = {
        f"policies/{n}.yaml": policy(n, query=n, approval=rule) for n in ("checkout", "search")
    }
    shop.write(files, "Ask for approval")
    fake.script("checkout", samples(600))
    fake.script("search", samples(700))
    with running(config()) as program:
        program.until("committed", subject="scale: checkout 3→6")
        program.until("proposal_opened", group="shop")
        assert [pull.title for pull in hub.pulls.open] == ["scale: search 3→7"]
        fake.script("search", samples(500))
        program.until("committed", subject="scale: search 3→5")
        until(lambda: not hub.pulls.open or program.status()["proposals"][0]["note"], within=60)
    assert (count(shop, "checkout"), count(shop, "search")) == (6, 5)


def test_a_protected_branch_falls_back_to_a_pull_request(
    config: Any, hub: GitHub, shop: StateRepo, fake: FakePrometheus
) -> None:
    hub.protect("main")
    rule = {"whenChangeExceeds": "900%"}
    shop.write({"policies/search.yaml": policy("search", approval=rule)}, "Ask seldom")
    fake.script(ANY, samples(700))
    with running(config(if_protected="pull_request")) as program:
        told = program.until("branch_protected")
        assert "GH006: Protected branch update failed for refs/heads/main." in told["error"]
        program.until("proposal_opened")
        program.until("proposal_waiting", times=2)
        assert len(program.seen("branch_protected")) == 1
        assert program.status()["pushError"] is None
        [pull] = hub.pulls.open
        assert pull.title == "scale: checkout 3→7, search 3→7"
        assert pull.body.count("the branch takes no pushes: it needs an approval |") == 2


def test_a_restart_before_a_protected_branch_keeps_the_pull_request(
    config: Any, hub: GitHub, shop: StateRepo, fake: FakePrometheus
) -> None:
    hub.protect("main")
    fake.script(ANY, samples(700))
    falling_back = config(if_protected="pull_request")
    with running(falling_back) as program:
        program.until("proposal_opened")
    old(shop, "scalebridge/main/scaling")
    with running(falling_back) as program:
        program.until("branch_protected")
        program.until("proposal_waiting", times=2)
        assert [pull.number for pull in hub.pulls.open] == [1]
        hub.pulls.merge(1)
        until(lambda: count(shop, "checkout") == 7, within=60)
        until(lambda: hub.pulls.tip("scalebridge/main/scaling") is None, within=60)
    assert len(hub.pulls.all) == 1


def old(repo: StateRepo, branch: str) -> None:
    """The branch's commit is of last week, so that nothing keeps it from being changed."""
    raw = repo.git("cat-file", "commit", branch)
    aged = re.sub(rb"(committer .*>) \d+", rb"\1 1767225600", raw)
    made = repo.git("hash-object", "-t", "commit", "-w", "--stdin", given=aged)
    repo.git("update-ref", f"refs/heads/{branch}", made.decode().strip())


def test_a_protected_branch_is_one_clear_error_where_it_may_not_fall_back(
    config: Any, hub: GitHub, fake: FakePrometheus
) -> None:
    hub.protect("main")
    fake.script(ANY, samples(700))
    with running(config()) as program:
        failed = program.until("publish_failed")
        program.until("decided", times=4)
        assert len(program.seen("publish_failed")) == 1
        assert "GH006: Protected branch update failed" in failed["error"]
        assert failed["error"].endswith(
            " (let the account push there, or set publish.if_protected: pull_request)"
        )
    assert hub.pulls.all == []


def test_an_approval_without_a_forge_is_told(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    shop.write({"policies/checkout.yaml": policy("checkout", approval={})}, "Ask")
    fake.script(ANY, samples(700))
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        program.until("committed", subject="scale: search 3→7")
        told = program.until("proposal_failed")
        assert told["error"].endswith("set publish.forge, or remove the approval")
        assert program.status()["proposalError"] == told["error"]
    assert count(shop, "checkout") == 3


def test_github_s_wish_for_patience_is_respected(
    config: Any, hub: GitHub, fake: FakePrometheus
) -> None:
    fake.script(ANY, samples(700))
    hub.faulty("GET", Fault(429, "Slow down", {"Retry-After": "2"}))
    with running(config(mode="pull_request")) as program:
        program.until("proposal_failed")
        asked, since = len(hub.calls), time.monotonic()
        program.until("proposal_opened")
        assert time.monotonic() - since > 1
        assert hub.calls[asked:][:2] == [
            "GET /repos/remote/state/pulls",
            "POST /repos/remote/state/pulls",
        ]


@contextmanager
def arguments_seen() -> Iterator[set[str]]:
    """The command lines of all processes, for as long as the context lasts."""
    seen, done = set[str](), Event()

    def watch() -> None:
        while not done.is_set():
            seen.update(command_lines().values())
            done.wait(0.005)  # leaves some of the machine to what is watched

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def test_the_token_shows_up_nowhere(
    config: Any, hub: GitHub, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    first, second = hub.password, "ghp_r0tated5ecret"
    with arguments_seen() as seen, running(config(mode="pull_request")) as program:
        program.until("proposal_opened")
        hub.password = second
        program.until("look_failed")
        program.until("proposal_failed")
        shown = [program.page(path) for path in ("/", "/metrics", "/api/v1/status")]
        (tmp_path / "token").write_text(second)
        program.until("proposal_waiting")
        shown.append(program.transcript)
    lines = "\n".join(seen)
    assert "git push" in lines
    assert "git fetch" in lines
    asked = [f"{one.path} {one.headers}" for one in hub.requests]
    told = "\n".join([lines, *shown, *asked, *hub.calls])
    files = [path for path in (tmp_path / "mirror.git").rglob("*") if path.is_file()]
    assert files
    for secret in (first, second, b64encode(f"git:{first}".encode()).decode()):
        assert secret not in told
        assert [path for path in files if secret.encode() in path.read_bytes()] == []


def test_github_may_sign_what_the_service_commits(
    config: Any, hub: GitHub, shop: StateRepo, fake: FakePrometheus
) -> None:
    fake.script(ANY, samples(700))
    with running(config(commit={"signing": {"format": "github"}})) as program:
        program.until("committed")
    assert shop.log()[0].committer == "GitHub <noreply@github.com>"
    assert "POST /graphql" in hub.calls
