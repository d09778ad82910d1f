"""Webhooks in: limited, authenticated, read, understood, queued; in this order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from aiohttp import web

from bridge.errors import ConfigInvalid, PayloadInvalid
from bridge.observe import metrics
from bridge.server.auth import hub_fault, signature_fault, token_fault
from bridge.server.limits import RateLimit
from bridge.server.replies import reply
from bridge.settings.server import ServerSettings
from bridge.trigger.alertmanager import parse_alertmanager
from bridge.trigger.argocd import parse_argocd
from bridge.trigger.flux import FLUX_SIGNATURE, parse_flux
from bridge.trigger.git_push import PUSH_EVENT, PUSH_SIGNATURE, parse_push
from bridge.trigger.grafana import parse_grafana
from bridge.trigger.notification import Notification
from bridge.trigger.report import Report

log = structlog.get_logger()

Signature = Callable[[Mapping[str, str], bytes], str]
"""Why the body with these headers is not to be believed; empty where it is."""

ALERTMANAGER: Final = "/webhooks/alertmanager"
_CLOSE = {"Connection": "close"}


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who gets what the webhooks bring."""

    accept: Callable[[Notification], bool]
    """Queues a notification; False when the queue is full."""
    hear: Callable[[Report], None]
    moved: Callable[[str], None]
    """Hears that a ref of a state repo moved: `refs/heads/main`."""


class Webhooks:
    """Alerts of Alertmanager and Grafana; pushes; what Flux and Argo CD tell of our commits.

    What may be sent again is a 503: 429 and 4xx are for good.
    """

    def __init__(
        self, settings: ServerSettings, listeners: Listeners, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._listeners = listeners
        self._clock = clock
        self._told = ""
        self._limit = RateLimit(settings.rate_limit)

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Where they are posted."""
        return [
            web.post(ALERTMANAGER, self._alertmanager),
            web.post("/webhooks/grafana", self._grafana),
            web.post("/webhooks/github", self._github),
            web.post("/webhooks/flux", self._flux),
            web.post("/webhooks/argocd", self._argocd),
        ]

    async def _alertmanager(self, request: web.Request) -> web.Response:
        return await self._taken(request, partial(self._queued, parse_alertmanager))

    async def _grafana(self, request: web.Request) -> web.Response:
        given = self._settings.grafana
        signature = partial(signature_fault, given, now=self._clock()) if given else None
        return await self._taken(request, partial(self._queued, parse_grafana), signature)

    async def _github(self, request: web.Request) -> web.Response:
        given = self._settings.github
        signature = partial(hub_fault, given, PUSH_SIGNATURE) if given else None
        event = request.headers.get(PUSH_EVENT, "push")
        return await self._taken(request, partial(self._pushed, event), signature)

    async def _flux(self, request: web.Request) -> web.Response:
        given = self._settings.flux
        signature = partial(hub_fault, given, FLUX_SIGNATURE) if given else None
        return await self._taken(request, partial(self._heard, parse_flux), signature)

    async def _argocd(self, request: web.Request) -> web.Response:
        return await self._taken(request, partial(self._heard, parse_argocd))

    async def _taken(
        self,
        request: web.Request,
        take: Callable[[bytes], web.Response],
        signature: Signature | None = None,
    ) -> web.Response:
        now = asyncio.get_running_loop().time()
        if not self._limit.allows(request.remote or "", now):
            metrics.webhooks_limited.labels(request.path.rpartition("/")[2]).inc()
            return reply(503, "too many webhooks from there", {"Retry-After": "1", **_CLOSE})
        try:
            if not signature and (fault := token_fault(self._settings, request.headers)):
                return reply(401, fault, {"WWW-Authenticate": "Bearer", **_CLOSE})
            async with asyncio.timeout(self._settings.read_timeout):
                body = await request.read()
            if signature and (fault := signature(request.headers, body)):
                return reply(401, fault, _CLOSE)
        except ConfigInvalid as error:
            self._tell_once(str(error))
            return reply(503, "the webhook token can't be read here")
        except TimeoutError:
            return reply(408, "the body did not come in time", _CLOSE)
        return _answer(take, body)

    def _tell_once(self, error: str) -> None:
        """Whoever posts would else fill the log."""
        if error != self._told:
            log.warning("webhook_secret_unreadable", error=error)
        self._told = error

    def _queued(self, parse: Callable[[bytes], Notification], body: bytes) -> web.Response:
        if not self._listeners.accept(parse(body)):
            return reply(503, "the queue is full, send it again", {"Retry-After": "5"})
        return reply(202, "queued")

    def _pushed(self, event: str, body: bytes) -> web.Response:
        if event != "push":
            return reply(202, "nothing to do")
        self._listeners.moved(parse_push(body).ref)
        return reply(202, "queued")

    def _heard(self, parse: Callable[[bytes], Report], body: bytes) -> web.Response:
        self._listeners.hear(parse(body))
        return reply(202, "heard")


def _answer(take: Callable[[bytes], web.Response], body: bytes) -> web.Response:
    try:
        return take(body)
    except PayloadInvalid as error:
        return reply(400, str(error))


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
