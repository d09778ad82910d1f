"""SIGKILL at random points in 20 runs: in the end the right count is committed, exactly once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import DEPLOYMENT
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.repo.processes import command_lines, until
from tests.service.conftest import count
from tests.service.program import Program, configured, policy, through

RUNS = 20
SLOWEST_S = 1.6
"""From the start of a process, or from a change of the load, to a commit."""


class Killed:
    """A service that is started and killed, again and again."""

    def __init__(self, config: Path, mirror: Path) -> None:
        self._config = config
        self._mirror = mirror
        self.program = Program(config, fresh=True)

    def start_anew(self, *, on_an_empty_mirror: bool) -> None:
        """After a kill."""
        if on_an_empty_mirror:
            shutil.rmtree(self._mirror, ignore_errors=True)
        self.program = Program(self._config)

    def kill_after(self, seconds: float) -> None:
        """At this time, whatever it does then."""
        with suppress(subprocess.TimeoutExpired):
            self.program.process.wait(seconds)
        self.program.kill()

    def kill_in_a_push(self, server: GitHttp, *, with_git: bool) -> None:
        """When its commit has left it and is not taken yet; with git: as a power cut would."""

        def kill() -> None:
            server.before_receive = None
            self.program.process.kill()
            pushes = [pid for pid, line in command_lines().items() if f"{server.url}/" in line]
            for pid in pushes if with_git else ():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

        server.before_receive = kill
        self.program.until_dead()


def kills(server: GitHttp, dice: random.Random) -> Callable[[int], Callable[[Killed], None]]:
    """How each run ends: in a push now and then, else at any time up to after the commit."""

    def kill(run: int) -> Callable[[Killed], None]:
        if run % 5 == 4:
            return lambda service: service.kill_in_a_push(server, with_git=run % 2 == 0)
        moment = dice.uniform(0, SLOWEST_S)
        return lambda service: service.kill_after(moment)

    return kill


@pytest.mark.timeout(300)
def test_the_right_count_is_committed_exactly_once(
    state_repo: StateRepo,
    git_http: GitHttp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    dice = random.Random(20)
    kill = kills(git_http, dice)
    state_repo.write({"policies/checkout.yaml": policy("checkout", query="load")}, "Add a policy")
    wanted, history = 3, [3]
    with FakePrometheus() as fake:
        fake.script("load", samples(300))
        config = configured(tmp_path, fake.url, through(git_http, state_repo))
        service = Killed(config, tmp_path / "mirror.git")
        for run in range(RUNS):
            from_the_start = run % 2 == 0
            if from_the_start:
                service.program.kill()
            wanted = dice.choice([n for n in range(2, 100) if not 0.8 < n / wanted < 1.2])
            history.append(wanted)
            fake.script("load", samples(100 * wanted))
            if from_the_start:
                service.start_anew(on_an_empty_mirror=run % 4 == 0)
            kill(run)(service)
            service.start_anew(on_an_empty_mirror=run % 2 == 1)
            until(partial(committed, state_repo, wanted))
            service.program.until("steady", policy="checkout", current=wanted)
        service.program.kill()
        assert service.program.noise == []
    prove(state_repo, history)


def committed(state_repo: StateRepo, replicas: int) -> bool:
    """Whether Git says so."""
    return count(state_repo, "checkout") == replicas


def prove(state_repo: StateRepo, history: list[int]) -> None:
    """One commit for each change of the load, and not a byte beside the digits."""
    *ours, _, _ = state_repo.log()
    steps = [f"scale: checkout {a}→{b}" for a, b in pairwise(history)]
    assert [commit.subject for commit in ours[::-1]] == steps
    assert {commit.paths for commit in ours} == {("apps/checkout.yaml",)}
    state_repo.assert_linear()
    for commit, replicas in zip(ours[::-1], history[1:], strict=True):
        text = DEPLOYMENT.format(name="checkout").replace("replicas: 3", f"replicas: {replicas}")
        assert state_repo.read("apps/checkout.yaml", commit.sha).decode() == text
    assert state_repo.read("apps/search.yaml").decode() == DEPLOYMENT.format(name="search")
