"""What holds for every request and every answer, whatever it is about."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bridge.server.guard import host_of
from bridge.server.replies import reply
from bridge.settings.server import ServerSettings, is_loopback

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ONCE: Final = (
    "Authorization",
    "Content-Type",
    "Host",
    "Origin",
    "X-Hub-Signature-256",
    "X-Signature",
)
"""Given twice, a proxy may have looked at the one and we at the other."""
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


async def dress(_: web.Request, response: web.StreamResponse) -> None:
    """The headers that no answer goes without; which software answers is nobody's business."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "scalebridge"


def well_formed(settings: ServerSettings) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Refuses requests that say something twice, or that mean another host.

    On loopback, a page of any site may have pointed its own name at us (DNS rebinding).
    """
    names = {name.lower() for name in settings.host_names}

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        if twice := [name for name in _ONCE if len(request.headers.getall(name, ())) > 1]:
            return reply(400, f"{twice[0]}: given twice", {"Connection": "close"})
        host = host_of(request)
        if settings.is_loopback and not is_loopback(host) and host not in names:
            return reply(421, f"not asked for by a name of ours: see server.host_names ({host!r})")
        try:
            return await handler(request)
        except web.RequestPayloadError:
            return reply(400, "the body is not what its headers say", {"Connection": "close"})

    return checked


class Discreet(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's own log without what strangers send: the lines would be theirs to write."""

    def log(self, level: int, msg: object, *args: object, **given: Any) -> None:
        """Of a request that is no HTTP at all, only at debug level and without its bytes."""
        if isinstance(given.get("exc_info"), HttpProcessingError | web.RequestPayloadError):
            level = logging.DEBUG
            given.pop("exc_info")
        super().log(level, msg, *args, **given)
