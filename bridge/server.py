"""HTTP: webhooks in; status page, health and metrics out."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from aiohttp import web
from prometheus_client import generate_latest

from bridge.errors import ConfigInvalid, PayloadInvalid
from bridge.observe import metrics
from bridge.observe.page import page
from bridge.observe.status import Status, Statuses
from bridge.settings import ServerSettings, secret_text
from bridge.trigger.alertmanager import Notification, parse_notification

log = structlog.get_logger()

Accept = Callable[[Notification], bool]
"""Queues a notification; False when the queue is full."""

_CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class Server:
    """The service's HTTP side, as an async context that listens while it is open."""

    def __init__(self, settings: ServerSettings, status: Status | Statuses, accept: Accept) -> None:
        self._settings = settings
        self._status = status
        self._accept = accept
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=2.0)

    def _application(self) -> web.Application:
        application = web.Application(
            client_max_size=self._settings.max_body, middlewares=[_count_webhooks]
        )
        application.add_routes(
            [
                web.post("/webhooks/alertmanager", self._alertmanager),
                web.get("/", self._page),
                web.get("/api/v1/status", self._facts),
                web.get("/healthz", self._health),
                web.get("/readyz", self._readiness),
                web.get("/metrics", self._metrics),
            ]
        )
        return application

    async def __aenter__(self) -> tuple[str, int]:
        """Starts to listen; the address bound, with the port chosen for port 0.

        Raises:
            ConfigInvalid: the address can't be bound.
        """
        host, port = self._settings.address
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            where = f"server.listen: can't listen on {self._settings.listen}"
            raise ConfigInvalid(f"{where}: {error.strerror or error}") from error
        bound = self._runner.addresses[0]
        return str(bound[0]), int(bound[1])

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _alertmanager(self, request: web.Request) -> web.Response:
        try:
            authorized = self._authorized(request)
        except ConfigInvalid as error:
            log.warning("webhook_token_unreadable", error=str(error))
            return _reply(503, "the webhook token can't be read here")
        if not authorized:
            return _reply(401, "webhook token missing or wrong", {"WWW-Authenticate": "Bearer"})
        try:
            notification = parse_notification(await request.read())
        except PayloadInvalid as error:
            return _reply(400, str(error))
        if not self._accept(notification):
            return _reply(503, "the queue is full, send it again", {"Retry-After": "5"})
        return _reply(202, "queued")

    def _authorized(self, request: web.Request) -> bool:
        """A bearer token, or basic auth with the token as its password; in constant time."""
        token = secret_text(self._settings.webhook_token, self._settings.webhook_token_file)
        if token is None:
            return True
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            given = _password(given)
        elif scheme.lower() != "bearer":
            given = ""
        return hmac.compare_digest(given.strip().encode(errors="surrogateescape"), token.encode())

    async def _page(self, _: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff"}
        return web.Response(text=page(self._status), content_type="text/html", headers=headers)

    async def _facts(self, _: web.Request) -> web.Response:
        return web.json_response(self._status.facts())

    async def _health(self, _: web.Request) -> web.Response:
        return _reply(200, "ok")

    async def _readiness(self, _: web.Request) -> web.Response:
        if not self._status.ready:
            return _reply(503, self._status.remote_error or "the state repo was not read yet")
        return _reply(200, "ready")

    async def _metrics(self, _: web.Request) -> web.Response:
        body = generate_latest(metrics.registry)
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4"})


def _reply(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=f"{text}\n", headers=headers)


def _password(credentials: str) -> str:
    with suppress(ValueError):
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    return ""


@web.middleware
async def _count_webhooks(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if not request.path.startswith("/webhooks/"):
        return await handler(request)
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        metrics.webhooks.labels(refusal.status).inc()
        raise
    metrics.webhooks.labels(response.status).inc()
    return response
