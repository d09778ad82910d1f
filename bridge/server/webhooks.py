"""Webhooks in: limited, authenticated, read, understood, queued; in this order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from aiohttp import web

from bridge.errors import ConfigInvalid, PayloadInvalid
from bridge.observe import metrics
from bridge.server.auth import signature_fault, token_fault
from bridge.server.limits import RateLimit
from bridge.server.replies import reply
from bridge.settings.server import ServerSettings
from bridge.trigger.alertmanager import parse_alertmanager
from bridge.trigger.grafana import parse_grafana
from bridge.trigger.notification import Notification

log = structlog.get_logger()

Accept = Callable[[Notification], bool]
"""Queues a notification; False when the queue is full."""

ALERTMANAGER: Final = "/webhooks/alertmanager"
_CLOSE = {"Connection": "close"}


class Webhooks:
    """Alertmanager and Grafana. What may be sent again is a 503: 429 and 4xx are for good."""

    def __init__(
        self, settings: ServerSettings, accept: Accept, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._accept = accept
        self._clock = clock
        self._told = ""
        self._limit = RateLimit(settings.rate_limit)

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Where they are posted."""
        return [
            web.post(ALERTMANAGER, self._alertmanager),
            web.post("/webhooks/grafana", self._grafana),
        ]

    async def _alertmanager(self, request: web.Request) -> web.Response:
        return await self._taken(request, parse_alertmanager)

    async def _grafana(self, request: web.Request) -> web.Response:
        return await self._taken(request, parse_grafana, signed=self._settings.grafana is not None)

    async def _taken(
        self,
        request: web.Request,
        parse: Callable[[bytes], Notification],
        *,
        signed: bool = False,
    ) -> web.Response:
        now = asyncio.get_running_loop().time()
        if not self._limit.allows(request.remote or "", now):
            return reply(503, "too many webhooks from there", {"Retry-After": "1", **_CLOSE})
        try:
            if not signed and (fault := token_fault(self._settings, request.headers)):
                return reply(401, fault, {"WWW-Authenticate": "Bearer", **_CLOSE})
            async with asyncio.timeout(self._settings.read_timeout):
                body = await request.read()
            if signed and (fault := self._signature_fault(request, body)):
                return reply(401, fault, _CLOSE)
        except ConfigInvalid as error:
            self._tell_once(str(error))
            return reply(503, "the webhook token can't be read here")
        except TimeoutError:
            return reply(408, "the body did not come in time", _CLOSE)
        return self._queued(parse, body)

    def _tell_once(self, error: str) -> None:
        """Whoever posts would else fill the log."""
        if error != self._told:
            log.warning("webhook_secret_unreadable", error=error)
        self._told = error

    def _signature_fault(self, request: web.Request, body: bytes) -> str:
        given = self._settings.grafana
        return signature_fault(given, request.headers, body, self._clock()) if given else ""

    def _queued(self, parse: Callable[[bytes], Notification], body: bytes) -> web.Response:
        try:
            notification = parse(body)
        except PayloadInvalid as error:
            return reply(400, str(error))
        if not self._accept(notification):
            return reply(503, "the queue is full, send it again", {"Retry-After": "5"})
        return reply(202, "queued")


@web.middleware
async def count_replies(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Counts the replies to webhooks, by who waits for them and their status."""
    if not request.path.startswith("/webhooks/"):
        return await handler(request)
    resource = request.match_info.route.resource  # none where nobody waits for such a request
    receiver = resource.canonical.rpartition("/")[2] if resource else "none"
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        metrics.webhooks.labels(receiver, refusal.status).inc()
        raise
    metrics.webhooks.labels(receiver, response.status).inc()
    return response
