"""The commands, in this process: quick, and with their output at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from bridge.cli.program import application
from tests.parts.fake_prometheus import FakePrometheus
from tests.parts.state_repo import StateRepo
from tests.service.conftest import fake, shop
from tests.service.program import configured

__all__ = ["config", "fake", "run", "shop"]

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
def config(shop: StateRepo, fake: FakePrometheus, tmp_path: Path) -> Path:
    """Between the two."""
    return configured(tmp_path, fake.url, {"url": shop.url})
