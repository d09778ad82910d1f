"""SIGTERM: what is batched is committed, and the end comes quickly."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from signal import Signals

import pytest

from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.fork_server import CHECKOUT
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.repo.processes import running as processes
from tests.repo.processes import until
from tests.repo.ways import hook, waiting_for
from tests.service.conftest import count, scalings, subjects
from tests.service.program import configured, running, through

pytestmark = pytest.mark.timeout(90)

SLOWLY = {"quiet_period": "1m", "max_wait": "1m"}
LONG_WINDOWS = {**SLOWLY, "scale_up": SLOWLY}


def test_what_is_batched_is_committed(
    shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    config = configured(tmp_path, fake.url, through(git_http, shop), batch=LONG_WINDOWS)
    with running(config) as program:
        until(lambda: len(program.status()["waiting"]) == 2)
        assert subjects(shop) == []
        started = time.monotonic()
        assert program.stop() == 0
        assert time.monotonic() - started < 8
        events = [one["event"] for one in program.events if one["level"] == "info"]
    assert events[-3:] == ["stopping", "committed", "stopped"]
    assert subjects(shop) == ["scale: checkout 3→7, search 3→7"]
    assert not processes(git_http.url)


def test_an_idle_service_ends_at_once(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(300))
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        program.until("steady")
        started = time.monotonic()
        assert program.stop(Signals.SIGINT) == 0
        assert time.monotonic() - started < 6
    assert subjects(shop) == []


def test_a_hanging_remote_holds_the_end_up_for_ten_seconds_at_most(
    shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> None:
    hook(shop, "pre-receive", waiting_for(tmp_path / "go") + "; exit 1")
    fake.script(ANY, samples(700))
    remote = through(git_http, shop, timeout="1m")
    with running(configured(tmp_path, fake.url, remote)) as program:
        until(lambda: any(" send-pack " in line for line in processes(remote["url"])))
        started = time.monotonic()
        assert program.stop(within=20) == 0
        assert 9 < time.monotonic() - started < 18
    assert not processes(remote["url"])
    (tmp_path / "go").touch()


def test_the_end_may_come_before_the_first_look(fake: FakePrometheus, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/state.git"
        with running(configured(tmp_path, fake.url, {"url": url, "timeout": "1m"})) as program:
            until(lambda: len(processes(url)) >= 2)
            assert program.stop(within=5) == 0
        assert not processes(url)


def test_a_taken_port_is_told_and_ends_it(fake: FakePrometheus, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        server = {"listen": listen}
        config = configured(tmp_path, fake.url, {"url": "/nowhere"}, server=server)
        command = (sys.executable, "-m", "bridge", "run", "--config", str(config))
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=CHECKOUT, timeout=20, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"server.listen: can't listen on {listen}: ")
    assert len(done.stderr.splitlines()) == 1


def test_nothing_is_committed_twice_after_a_restart(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    config = configured(tmp_path, fake.url, {"url": shop.url})
    for _ in range(2):
        with running(config, fresh=True) as program:
            for name in ("checkout", "search"):
                program.until("steady", policy=name, current=7)
            assert program.stop() == 0
    assert sorted(scalings(shop)) == ["checkout 3→7", "search 3→7"]
    assert (count(shop, "checkout"), count(shop, "search")) == (7, 7)
