"""A Prometheus that notes who asks, and that can drip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.parts.fake_prometheus import FakePrometheus

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Recording(FakePrometheus):
    """Keeps each request's Authorization, and counts how many were open at once."""

    def __init__(self, *, drips: bool = False) -> None:
        super().__init__()
        self.authorizations: list[str | None] = []
        self.most_at_once = 0
        self._open = 0
        self._drips = drips

    def application(self) -> web.Application:
        """The fake's, watched."""
        app = super().application()

        @web.middleware
        async def watched(request: web.Request, handler: _Handler) -> web.StreamResponse:
            return await self._answered(request, handler)

        app.middlewares.append(watched)
        return app

    async def _answered(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        self.authorizations.append(request.headers.get("Authorization"))
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        try:
            return await (_drip(request) if self._drips else handler(request))
        finally:
            self._open -= 1


async def _drip(request: web.Request) -> web.StreamResponse:
    """A byte now and then, each well within a read's timeout, and no end."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await asyncio.sleep(0.05)
        await response.write(b" ")
