"""Those that are told of a push, on loopback; signatures are checked as each side's source does."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from aiohttp import web

from tests.parts.threads import Served

KEY = "s3cr3t"


def is_signed(request: web.Request, body: bytes, header: str) -> bool:
    """Whether the header holds `<algorithm>=<hex HMAC of the raw body>`."""
    algorithm, _, given = request.headers.get(header, "").partition("=")
    if algorithm not in ("sha1", "sha256", "sha512"):
        return False
    return hmac.compare_digest(hmac.digest(KEY.encode(), body, algorithm).hex(), given)


class Hook(Served):
    """Takes signed POSTs at `/hook`; answers `replies` (status and text) first, then its own."""

    def __init__(self, replies: Sequence[tuple[int, str]] = ()) -> None:
        self.bodies: list[bytes] = []
        self.requests: list[web.Request] = []
        self._replies = list(replies)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.bodies.append(body)
        self.requests.append(request)
        if self._replies:
            status, text = self._replies.pop(0)
            return web.Response(status=status, text=text)
        return self.judge(request, body)

    def judge(self, request: web.Request, body: bytes) -> web.Response:
        """What it says of a request."""
        if not is_signed(request, body, "X-Signature"):
            return web.Response(status=401, text="bad signature")
        return web.Response(text="ok")
