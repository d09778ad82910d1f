"""A shop that is scaled by its policies, and a Prometheus that says what it is told to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.repo.trailers import scale_decisions
from tests.parts.fake_prometheus import FakePrometheus
from tests.parts.person import Person
from tests.parts.state_repo import StateRepo
from tests.service.passes import Passes
from tests.service.program import policy


@pytest.fixture
def fake() -> Iterator[FakePrometheus]:
    """Nothing is scripted yet."""
    with FakePrometheus() as fake:
        yield fake


@pytest.fixture
def shop(state_repo: StateRepo) -> StateRepo:
    """Two workloads of three replicas; each has a policy that asks for a series of its name."""
    policies = {
        f"policies/{name}.yaml": policy(name, query=name) for name in ("checkout", "search")
    }
    state_repo.write(policies, "Add policies")
    return state_repo


def count(repo: StateRepo, name: str, rev: str = "main") -> int:
    """The committed replicas of apps/NAME.yaml."""
    found = re.search(rb"^  replicas: (\d+)", repo.read(f"apps/{name}.yaml", rev), re.MULTILINE)
    assert found
    return int(found[1])


def subjects(repo: StateRepo) -> list[str]:
    """What was committed since the policies came, newest first."""
    *newer, _, _ = repo.log()
    return [commit.subject for commit in newer]


def scalings(repo: StateRepo, rev: str = "main") -> list[str]:
    """Each change of a count by us, as `search 3→7`, oldest first; in however many commits.

    A machine under load answers one query in time and not the other: a batch becomes two.
    """
    made = [one for commit in repo.log(rev)[::-1] for one in scale_decisions(commit.body)]
    return [f"{one.target.rpartition('/')[2]} {one.from_}→{one.to}" for one in made]


@pytest.fixture
def passes(shop: StateRepo, fake: FakePrometheus) -> Passes:
    """Of fresh processes over the shop, at a load of 640 on both workloads."""
    made = Passes(shop, fake)
    made.load(checkout=640, search=640)
    return made


@pytest.fixture
def robin(shop: StateRepo, tmp_path: Path) -> Person:
    """Has a clone of the shop."""
    return Person.cloning(shop.url, tmp_path)
