"""Status, health and metrics out, for programs."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from prometheus_client import generate_latest

from bridge.observe import metrics
from bridge.observe.status import Status, Statuses
from bridge.server.replies import reply


class Pages:
    """What the service shows of itself."""

    def __init__(self, status: Status | Statuses, hung_after: float) -> None:
        self._status = status
        self._hung_after = hung_after

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Where it is shown."""
        return [
            web.get("/api/v1/status", self._facts),
            web.get("/healthz", self._health),
            web.get("/readyz", self._readiness),
            web.get("/metrics", self._metrics),
        ]

    async def _facts(self, _: web.Request) -> web.Response:
        return web.json_response(self._status.facts())

    async def _health(self, _: web.Request) -> web.Response:
        """That this is answered shows that the event loop goes round."""
        if hung := self._status.hung(self._hung_after):
            return reply(503, f"hung: {', '.join(hung)}")
        return reply(200, "ok")

    async def _readiness(self, _: web.Request) -> web.Response:
        if why := self._status.unready:
            return reply(503, why)
        return reply(200, "ready")

    async def _metrics(self, _: web.Request) -> web.Response:
        body = generate_latest(metrics.registry)
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4"})
