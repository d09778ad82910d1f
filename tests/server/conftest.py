"""A real browser, and servers over a status that a test may change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.observe.status import Status, Statuses
from bridge.server.http import Server
from bridge.settings.server import ServerSettings
from tests.parts.browser import Browser, browsing
from tests.parts.threads import LoopThread
from tests.server.given import Intake
from tests.server.shown import put


class Shown:
    """A server in a thread of its own, over a status that a test may change."""

    def __init__(self, loop: LoopThread, status: Status | Statuses) -> None:
        self._loop = loop
        self.status = status
        settings = ServerSettings(listen="127.0.0.1:0")
        self._server = Server(settings, status, Intake().listeners, lambda: datetime.now(UTC))
        host, port = loop.run(self._server.__aenter__())
        self.url = f"http://{host}:{port}/"

    def change(self, made: Any, live: int | None = None) -> None:
        """A round decides this, and whoever looks is told."""

        async def changed() -> None:
            assert isinstance(self.status, Status)
            put(self.status, made, datetime.now(UTC), live, steps=0)
            self.status.pulse.beat()

        self._loop.run(changed())

    def close(self) -> None:
        self._loop.run(self._server.__aexit__())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests here: it takes a while to start."""
    with browsing() as browser:
        yield browser


@pytest.fixture
def serve(browser: Browser) -> Iterator[Any]:
    """`serve(status)`; at the end the console has nothing to complain of."""
    with LoopThread() as loop:
        open_servers: list[Shown] = []

        def started(status: Status | Statuses) -> Shown:
            open_servers.append(Shown(loop, status))
            return open_servers[-1]

        browser.looks()
        browser.complaints()
        yield started
        assert browser.complaints() == []
        browser.driver.get("about:blank")
        for one in open_servers:
            one.close()
