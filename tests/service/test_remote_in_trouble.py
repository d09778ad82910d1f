"""The remote goes down, refuses, and comes back; the mirror breaks: the service goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.http_client import client
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.repo.relay import Relay
from tests.repo.ways import hook
from tests.service.conftest import count, subjects
from tests.service.program import configured, running, through

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def relay(git_http: GitHttp) -> Iterator[Relay]:
    """A port before the remote."""
    with Relay(git_http.address) as relay:
        yield relay


@pytest.fixture
def config(
    relay: Relay, git_http: GitHttp, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> Path:
    """The service behind the relay."""
    url = git_http.url_of(shop.path).replace(git_http.address, relay.address)
    return configured(tmp_path, fake.url, through(git_http, shop, url=url, timeout="2s"))


def test_a_remote_that_is_down_at_the_start_is_waited_for(
    config: Path, relay: Relay, shop: StateRepo, fake: FakePrometheus
) -> None:
    fake.script(ANY, samples(700))
    relay.refuse()
    with running(config) as program:
        told = program.until("look_failed")
        assert (told["level"], told["transient"]) == ("warning", True)
        ready = client().get(f"{program.url}/readyz")
        assert (ready.status_code, ready.text) == (503, f"{told['error']}\n")
        assert client().get(f"{program.url}/healthz").status_code == 200
        relay.forward()
        program.until("committed")
        assert client().get(f"{program.url}/readyz").status_code == 200
    assert subjects(shop) == ["scale: checkout 3→7, search 3→7"]


def test_a_look_that_never_ends_fails_the_health(
    relay: Relay, git_http: GitHttp, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    url = git_http.url_of(shop.path).replace(git_http.address, relay.address)
    remote = through(git_http, shop, url=url, timeout="1h")
    server = {"listen": "127.0.0.1:0", "hung_after": "500ms"}
    config = configured(tmp_path, fake.url, remote, server=server)
    with running(config) as program:
        until(lambda: client().get(f"{program.url}/readyz").status_code == 200)
        relay.hang()
        until(lambda: client().get(f"{program.url}/healthz").status_code == 503)
        assert "hung: look: for " in client().get(f"{program.url}/healthz").text
        relay.refuse()
        relay.forward()
        until(lambda: client().get(f"{program.url}/healthz").status_code == 200)


def test_a_remote_that_goes_down_meanwhile_loses_no_decision(
    config: Path, relay: Relay, shop: StateRepo, fake: FakePrometheus
) -> None:
    fake.script(ANY, samples(300))
    with running(config) as program:
        program.until("steady", policy="search")
        relay.refuse()
        fake.script(ANY, samples(700))
        failed = program.until("publish_failed")
        assert failed["targets"] == ["Deployment/shop/checkout", "Deployment/shop/search"]
        program.until("publish_failed", times=2)
        relay.forward()
        program.until("committed")
        until(lambda: program.status()["remoteError"] is None)
    assert subjects(shop) == ["scale: checkout 3→7, search 3→7"]


def test_a_hook_s_no_is_told_and_not_asked_for_with_every_tick(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    says_no = f"echo asked >>'{tmp_path}/asked'; echo Frozen until Monday. >&2; exit 1"
    hook(shop, "pre-receive", says_no)
    config = configured(tmp_path, fake.url, {"url": shop.url})
    with running(config) as program:
        failed = program.until("publish_failed")
        assert failed["error"].endswith("pre-receive hook declined: Frozen until Monday.")
        program.until("decided", policy="search", times=4)
        assert program.status()["pushError"] == failed["error"]
        assert len(program.seen("publish_failed")) == 1
    assert (tmp_path / "asked").read_text() == "asked\n"
    hook(shop, "pre-receive", "exit 0")
    with running(config) as program:
        program.until("committed")
    assert subjects(shop) == ["scale: checkout 3→7, search 3→7"]


def test_a_mirror_that_vanishes_is_built_again(
    config: Path, relay: Relay, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(300))
    with running(config) as program:
        program.until("steady", policy="search")
        relay.refuse()
        shutil.rmtree(tmp_path / "mirror.git")
        told = program.until("look_failed")
        assert told["transient"]
        fake.script(ANY, samples(700))
        relay.forward()
        program.until("committed")
    assert subjects(shop) == ["scale: checkout 3→7, search 3→7"]
    assert (count(shop, "checkout"), count(shop, "search")) == (7, 7)


def test_two_services_commit_once(
    shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(300))
    together = Barrier(2)

    def wait_for_each_other() -> None:
        with suppress(BrokenBarrierError):
            together.wait(2)

    git_http.before_receive = wait_for_each_other
    configs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        by = {"name": name, "email": f"{name}@example.org"}
        remote = through(git_http, shop)
        configs.append(configured(tmp_path / name, fake.url, remote, commit=by))
    with running(configs[0]) as one, running(configs[1]) as two:
        for number, load in enumerate((700, 200, 900), start=1):
            for program in (one, two):
                program.until("steady", policy="search", times=number)
            fake.script(ANY, samples(load))
            for program in (one, two):
                program.until("steady", policy="checkout", current=load // 100)
                program.until("steady", policy="search", current=load // 100)
        lost = [one for program in (one, two) for one in program.seen("decision_dropped")]
    assert "Git already says 7" in {event["why"] for event in lost}
    assert subjects(shop) == [
        "scale: checkout 2→9, search 2→9",
        "scale: checkout 7→2, search 7→2",
        "scale: checkout 3→7, search 3→7",
    ]
    shop.assert_linear()
