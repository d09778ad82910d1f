"""Mirrors that are closed when the test is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from bridge.repo.mirror import Mirror
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.state_repo import StateRepo
from tests.repo.ways import by_file, by_http, by_ssh

Open = Callable[[StateRepoSettings], Mirror]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens mirrors."""
    with ExitStack() as stack:
        yield lambda settings: stack.enter_context(closing(Mirror(settings)))


@pytest.fixture(params=["file", "http", "ssh"])
def settings(
    request: pytest.FixtureRequest, state_repo: StateRepo, tmp_path: Path
) -> StateRepoSettings:
    """The same state repo by each of the ways there."""
    if request.param == "file":
        return by_file(state_repo, tmp_path)
    by = by_http if request.param == "http" else by_ssh
    return by(request.getfixturevalue(f"git_{request.param}"), state_repo, tmp_path)


@pytest.fixture
def mirror(state_repo: StateRepo, tmp_path: Path, opened: Open) -> Mirror:
    """A mirror of `state_repo` through the file system."""
    return opened(by_file(state_repo, tmp_path))
