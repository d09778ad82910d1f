"""A port before a server: a remote, or Prometheus, that goes down, hangs and comes back."""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from math import inf
from ssl import SSLContext
from typing import Literal

from tests.parts.threads import Context, LoopThread, close

_CHUNK = 1 << 16
_DRIP_S = 0.05
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends RST, not FIN."""

End = Literal["silence", "reset", "close"]


@dataclass(frozen=True, slots=True)
class Weather:
    """What connections go through, those that are open and those to come."""

    latency: float = 0.0
    """Seconds that each chunk takes, either way."""
    rate: float = inf
    """Bytes per second of answers: a few make a body that drips."""
    answers: float = inf
    """So many bytes of answers come through, of all connections together; then comes the end."""
    end: End = "silence"
    """Half open: nothing comes any more, and nobody is told; a reset; or a truncated answer."""
    requests: bool = True
    """Without: a black hole, in which also requests are lost."""


FAIR = Weather()


class Relay(Context):
    """Forwards to `host:port`, or refuses, or takes connections and says nothing, or worse.

    With a TLS context, it is what a server hides behind.
    """

    def __init__(self, to: str, context: SSLContext | None = None) -> None:
        self._context = context
        self._to = to.rsplit(":", 1)
        self._hanging = False
        self._weather = FAIR
        self._answers = inf
        self._server: asyncio.Server | None = None
        self._taken: set[asyncio.Task[None]] = set()
        self.struck = 0
        """How often the present weather, or hanging, met a connection."""
        self._held = socket.socket()  # bound and deaf, so that nobody else gets the port meanwhile
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._held.bind(("127.0.0.1", 0))
        self._port = self._held.getsockname()[1]

    @property
    def address(self) -> str:
        """Host and port, the same for ever."""
        return f"127.0.0.1:{self._port}"

    def _enter(self, stack: ExitStack) -> None:
        stack.enter_context(self._held)
        self._thread = stack.enter_context(LoopThread())
        stack.callback(self.refuse)
        self.forward()

    def forward(self) -> None:
        """All is well; connections that went through worse are cut."""
        if self._weather != FAIR:
            self._thread.run(self._close())
        self.turn(FAIR)
        self._hanging = False
        self._thread.run(self._listen())

    def lead_to(self, to: str) -> None:
        """New connections go elsewhere, and all is well there."""
        self._to = to.rsplit(":", 1)
        self.forward()

    def hang(self) -> None:
        """Connections are taken and never answered, also when all is well again."""
        self._thread.run(self._close())
        self.struck = 0
        self._hanging = True
        self._thread.run(self._listen())

    def stall(self, after: int = 0) -> None:
        """Connections stay open, and no answers come through after as many bytes more."""
        self.turn(Weather(answers=after))

    def turn(self, weather: Weather) -> None:
        """From now on this; `forward` ends it."""
        self._weather = weather
        self._answers = weather.answers
        self.struck = 0

    def refuse(self) -> None:
        """Nobody listens, and open connections are cut."""
        self._thread.run(self._close())

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(
                self._take, "127.0.0.1", self._port, ssl=self._context, reuse_port=True
            )

    async def _close(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            await close(server)
        for one in self._taken:
            one.cancel()
        await asyncio.gather(*self._taken, return_exceptions=True)

    async def _take(self, reader: StreamReader, writer: StreamWriter) -> None:
        own = asyncio.current_task()
        assert own is not None
        self._taken.add(own)  # a loop forgets tasks that nobody else holds
        try:
            if self._hanging:
                self.struck += 1
                await reader.read()
            else:
                await self._join(reader, writer)
            writer.close()
            await _closed(writer)
        except asyncio.CancelledError:  # by _close; asyncio's streams expect no cancelled task
            pass
        finally:
            writer.transport.abort()
            self._taken.discard(own)

    async def _join(self, reader: StreamReader, writer: StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._to)
        try:
            await asyncio.gather(self._ask(reader, far_writer), self._answer(far_reader, writer))
        finally:
            far_writer.transport.abort()
            await _closed(far_writer)

    async def _ask(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(_CHUNK):
                self.struck += bool(self._weather.latency) or not self._weather.requests
                await asyncio.sleep(self._weather.latency)
                if self._weather.requests:
                    writer.write(chunk)
                    await writer.drain()
            _say_end(writer)

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(_CHUNK):
                await asyncio.sleep(self._weather.latency)
                chunk = chunk[: int(min(self._answers, _CHUNK))]
                self._answers -= len(chunk)
                self.struck += self._answers <= 0 or self._weather.rate < inf
                await self._pour(chunk, writer)
                if self._answers <= 0 and self._weather.end != "silence":
                    _cut(writer, reset=self._weather.end == "reset")
                    return
            if self._answers > 0:
                _say_end(writer)

    async def _pour(self, chunk: bytes, writer: StreamWriter) -> None:
        """All at once, or so slowly that it may never end."""
        while chunk:
            some = int(min(max(1.0, self._weather.rate * _DRIP_S), len(chunk)))
            writer.write(chunk[:some])
            await writer.drain()
            chunk = chunk[some:]
            if chunk:
                await asyncio.sleep(_DRIP_S)


async def _closed(writer: StreamWriter) -> None:
    with suppress(OSError):  # it was cut, from either side
        await writer.wait_closed()


def _say_end(writer: StreamWriter) -> None:
    if writer.can_write_eof():
        with suppress(OSError):  # it was cut meanwhile
            writer.write_eof()
    else:
        writer.close()  # TLS has no connection that is half closed


def _cut(writer: StreamWriter, *, reset: bool) -> None:
    if reset:
        own = writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()
    else:
        writer.close()
