"""Server-sent events: that something changed; what changed is then asked for."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from aiohttp import web

from bridge.observe.pulse import Pulse
from bridge.server.limits import source_of
from bridge.server.replies import reply

_MOST = 100
"""Streams; half of them for one source, as of all connections."""
_HEARTBEAT_S = 15.0
_PATIENCE_S = 5.0
_PAUSE_S = 1.0
_BUFFER = 4096
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


class Events:
    """One stream per browser, of version numbers; what a slow one misses is one number.

    A version names the process, too: after a restart, or after a gap, a browser is told at once.
    A loop that hangs beats no more: that it does is part of the version, looked at by heartbeats.
    """

    def __init__(self, pulses: list[Pulse], hangs: Callable[[], bool]) -> None:
        self._pulses = pulses
        self._hangs = hangs
        self._process = secrets.token_hex(4)
        self._waking: set[asyncio.Event] = set()
        self._sources: Counter[str] = Counter()
        self._listening = ExitStack()
        for pulse in pulses:
            self._listening.enter_context(pulse.heard_by(self._wake))
        self._closed = False

    @property
    def version(self) -> str:
        """Of what is shown now."""
        hung = "-hung" if self._hangs() else ""
        return f"{self._process}-{sum(pulse.count for pulse in self._pulses)}{hung}"

    def _wake(self) -> None:
        for one in self._waking:
            one.set()

    async def close(self, _: web.Application) -> None:
        """Ends all streams."""
        self._closed = True
        self._listening.close()
        self._wake()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Until the browser leaves, or reads too slowly."""
        source = source_of(request.remote or "")
        if len(self._waking) >= _MOST or self._sources[source] >= (_MOST + 1) // 2:
            return reply(503, "too many browsers look at this", {"Retry-After": "30"})
        known = request.headers.get("Last-Event-ID") or request.query.get("seen", "")
        response = web.StreamResponse(headers=_HEADERS)
        changed = asyncio.Event()
        with self._listed(changed, source):
            try:
                await response.prepare(request)
                if request.transport:
                    request.transport.set_write_buffer_limits(high=_BUFFER)
                await self._feed(response.write, changed, known)
            except (TimeoutError, ConnectionError):
                if request.transport:
                    request.transport.abort()
        return response

    @contextmanager
    def _listed(self, changed: asyncio.Event, source: str) -> Iterator[None]:
        """One of so many, as long as it lasts."""
        self._waking.add(changed)
        self._sources[source] += 1
        try:
            yield
        finally:
            self._waking.discard(changed)
            self._sources -= Counter((source,))

    async def _feed(
        self, write: Callable[[bytes], object], changed: asyncio.Event, known: str
    ) -> None:
        await _written(write, b"retry: 2000\n\n")
        while not self._closed:
            changed.clear()
            version = self.version
            if version != known:
                known = version
                await _written(
                    write, f"id: {version}\nevent: changed\ndata: {version}\n\n".encode()
                )
                await asyncio.sleep(_PAUSE_S)  # what changes meanwhile is one more event
            try:
                async with asyncio.timeout(_HEARTBEAT_S):
                    await changed.wait()
            except TimeoutError:
                await _written(write, b": still here\n\n")


async def _written(write: Callable[[bytes], object], data: bytes) -> None:
    """Raises TimeoutError where the browser takes nothing."""
    async with asyncio.timeout(_PATIENCE_S):
        await write(data)  # type: ignore[misc] # a coroutine function, of aiohttp or a test
