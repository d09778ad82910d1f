"""What holds for every request and every answer, whatever it is about."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from traceback import walk_tb
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bridge.server.guard import host_of
from bridge.server.limits import Room
from bridge.server.replies import reply
from bridge.settings.server import ServerSettings, is_loopback
from bridge.trigger.flux import FLUX_SIGNATURE
from bridge.trigger.git_push import PUSH_EVENT, PUSH_SIGNATURE

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ONCE: Final = (
    "Authorization",
    "Content-Type",
    "Host",
    "Origin",
    PUSH_EVENT,
    PUSH_SIGNATURE,
    FLUX_SIGNATURE,
)
"""Given twice, a proxy may have looked at the one and we at the other."""
_BODIES: Final = 32
"""As long as they may be, in memory at once."""
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
    once = (*_ONCE, *_of_grafana(settings))

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        if twice := [name for name in once if len(request.headers.getall(name, ())) > 1]:
            return reply(400, f"{twice[0]}: given twice", {"Connection": "close"})
        host = host_of(request)
        if settings.is_loopback and not is_loopback(host) and host not in names:
            return reply(421, f"not asked for by a name of ours: see server.host_names ({host!r})")
        try:
            return await handler(request)
        except web.RequestPayloadError:
            return reply(400, "the body is not what its headers say", {"Connection": "close"})
        except ConnectionResetError:
            if request.transport is not None:
                raise
            return reply(400, "left amid the body")  # which nobody reads

    return checked


def bounded(settings: ServerSettings) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Refuses bodies for which there is no room beside those that are being read.

    Who signs, and who fills in a form, is known only after the body.
    """
    room = Room(_BODIES * settings.max_body)

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        with room.taken(request.remote or "", _size(request, settings.max_body)) as fits:
            if fits:
                return await handler(request)
        closing = {"Retry-After": "1", "Connection": "close"}
        return reply(503, "too many bodies at once, send it again", closing)

    return checked


def _size(request: web.Request, most: int) -> int:
    """What reading it takes: as much as it may where it is packed or doesn't say."""
    if request.method != "POST":
        return 0
    said = request.content_length
    return most if said is None or "Content-Encoding" in request.headers else min(said, most)


def _of_grafana(settings: ServerSettings) -> list[str]:
    given = settings.grafana
    return list(filter(None, (given.signature_header, given.timestamp_header))) if given else []


class Discreet(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's own log without what strangers send: the lines would be theirs to write."""

    def log(self, level: int, msg: object, *args: object, **given: Any) -> None:
        """Of a request that is no HTTP at all, only at debug level and without its bytes."""
        if _is_theirs(given.get("exc_info")):
            level = logging.DEBUG
            given.pop("exc_info")
        super().log(level, msg, *args, **given)


def _is_theirs(error: object) -> bool:
    """A request that is none; or an `Expect` that aiohttp fails to answer, before it asks us.

    It quotes one that is no text, and answers one whose sender is gone.
    """
    if isinstance(error, UnicodeEncodeError | ConnectionError):
        calls = (frame.f_code.co_name for frame, _ in walk_tb(error.__traceback__))
        return "_default_expect_handler" in calls
    return isinstance(error, HttpProcessingError | web.RequestPayloadError)
