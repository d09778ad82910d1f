"""The commands, in this process: quick, and with their output at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from bridge.cli import application
from tests.parts.fake_prometheus import FakePrometheus
from tests.parts.state_repo import StateRepo
from tests.service.program import configured, policy

Run = Callable[..., Result]


def invoking() -> Iterator[Run]:
    """`run("plan", "--json")`; an exception that is no exit is the test's."""

    def invoke(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(application, [str(one) for one in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    yield invoke
    structlog.reset_defaults()


run = pytest.fixture(invoking, name="run")


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


@pytest.fixture
def config(shop: StateRepo, fake: FakePrometheus, tmp_path: Path) -> Path:
    """Between the two."""
    return configured(tmp_path, fake.url, {"url": shop.url})
