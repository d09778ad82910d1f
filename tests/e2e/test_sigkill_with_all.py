"""SIGKILL with a budget, two state repos, pull requests and a protected branch, all at once."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import pytest

from tests.conftest import DEPLOYMENT
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.github import GitHub
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.service.conftest import count, scalings
from tests.service.program import Program, policy
from tests.service.test_several_repos import several

KILLS = 5
SLOWEST_S = 2.0
"""From the start of a process to a commit in one repo, and a pull request in the other."""
SIDE = "scalebridge/main/scaling"
FINAL = 9


@dataclass(frozen=True)
class World:
    """One repo whose branch takes pushes, one whose branch takes pull requests only."""

    eu: StateRepo
    us: StateRepo
    hub: GitHub
    fake: FakePrometheus
    config: Path


@pytest.fixture
def world(
    state_repo: StateRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """Both have a policy for checkout; the budget lets one repo scale up a few times an hour."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "us").mkdir()
    us = StateRepo.create(
        tmp_path / "us", {"apps/checkout.yaml": DEPLOYMENT.format(name="checkout")}
    )
    for repo in (state_repo, us):
        repo.write({"policies/checkout.yaml": policy("checkout")}, "Add a policy")
    with ExitStack() as open_:
        fake, hub = open_.enter_context(FakePrometheus()), open_.enter_context(GitHub(us))
        hub.protect("main")
        (tmp_path / "token").write_text(f"{hub.password}\n")
        remote = {"url": hub.url_of(us.path), "password_file": "token"}
        config = with_forge(
            several(tmp_path, fake.url, {"eu": {"url": state_repo.url}, "us": remote})
        )
        fake.script(ANY, samples(300))
        yield World(state_repo, us, hub, fake, config)
        assert hub.misunderstood == []


def with_forge(config: Path) -> Path:
    """The file, with a budget and with pull requests where a branch is protected."""
    given: dict[str, Any] = json.loads(config.read_text())
    given["batch"]["max_commits_per_hour"] = 4
    given["publish"] = {
        "forge": "github",
        "token_file": "token",
        "if_protected": "pull_request",
        "poll_interval": "300ms",
    }
    config.write_text(json.dumps(given))
    return config


@contextmanager
def started(world: World) -> Iterator[Program]:
    """A process that is killed in the end, whatever it does then."""
    program = Program(world.config)
    try:
        yield program
    finally:
        program.kill()
    assert program.noise == []


@pytest.mark.timeout(150)
def test_each_count_is_committed_exactly_once(world: World) -> None:
    """The load is the same through all kills: whatever a killed process did is not done again."""
    dice = random.Random(5)
    world.fake.script(ANY, samples(100 * FINAL))
    for _ in range(KILLS):
        with started(world) as program, suppress(TimeoutExpired):
            program.process.wait(dice.uniform(0.1, SLOWEST_S))
    with started(world) as program:
        program.until("steady", repo="eu", policy="checkout", current=FINAL)
        program.until("proposal_waiting", repo="us")
        assert count(world.us, "checkout") == 3, "nothing is committed before the approval"
        [pull] = world.hub.pulls.all
        assert pull.title == f"scale: checkout 3→{FINAL}"
        world.hub.pulls.merge(pull.number, "squash")
    with started(world) as program:
        program.until("steady", repo="us", policy="checkout", current=FINAL)
        until(lambda: world.hub.pulls.tip(SIDE) is None)
    for repo in (world.eu, world.us):
        assert scalings(repo) == [f"checkout 3→{FINAL}"]
        assert count(repo, "checkout") == FINAL
    assert len(world.hub.pulls.all) == 1


@pytest.mark.timeout(150)
def test_a_budget_that_is_spent_stays_so_through_kills(world: World) -> None:
    """Four an hour, and half as many more for scale-ups; whoever committed them."""
    counts = [3, *range(10, 90, 10)]
    for wanted in counts[1:]:
        world.fake.script(ANY, samples(100 * wanted))
        with started(world) as program:
            waits = wanted > counts[6]
            program.until("waiting_for_budget" if waits else "committed", repo="eu")
    made = [f"checkout {before}→{after}" for before, after in pairwise(counts[:7])]
    assert scalings(world.eu) == made
