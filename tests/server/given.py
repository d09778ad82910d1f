"""A server on a free port, and what it passes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bridge.observe.status import Status, Statuses
from bridge.server.acting import Actions
from bridge.server.http import Server
from bridge.server.webhooks import Listeners
from bridge.settings.server import ServerSettings
from bridge.trigger.notification import Notification
from bridge.trigger.report import Report

CAPTURED = Path(__file__).parents[1] / "trigger"
FIRING = (CAPTURED / "alertmanager_firing.json").read_bytes()
RESOLVED = (CAPTURED / "alertmanager_resolved.json").read_bytes()
GRAFANA = (CAPTURED / "grafana_firing.json").read_bytes()
HOOK = "/webhooks/alertmanager"
GRAFANA_HOOK = "/webhooks/grafana"
STARTED = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Intake:
    """Takes notifications as the service does: as many as there is room for."""

    def __init__(self, room: int = 100) -> None:
        self.taken: list[Notification] = []
        self.heard: list[Report] = []
        self.moved: list[str] = []
        self._room = room

    def accept(self, notification: Notification) -> bool:
        """False when full."""
        if len(self.taken) >= self._room:
            return False
        self.taken.append(notification)
        return True

    @property
    def listeners(self) -> Listeners:
        """It, and what it heard of our commits."""
        return Listeners(self.accept, self.heard.append, self.moved.append)


@asynccontextmanager
async def serving(
    intake: Intake | None = None,
    status: Status | Statuses | None = None,
    actions: Actions | None = None,
    **settings: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    """A server, and a client of it."""
    given = ServerSettings(**{"listen": "127.0.0.1:0", **settings})
    listeners = (intake or Intake()).listeners
    server = Server(given, status or Status(STARTED), listeners, lambda: STARTED, actions)
    async with server as (host, port), httpx.AsyncClient(base_url=f"http://{host}:{port}") as http:
        yield http
