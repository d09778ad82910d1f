"""A port before a server: a remote, or Prometheus, that goes down, hangs and comes back."""

from __future__ import annotations

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from contextlib import ExitStack, suppress
from ssl import SSLContext

from tests.parts.threads import Context, LoopThread

_CHUNK = 1 << 16


class Relay(Context):
    """Forwards to `host:port`, or refuses, or takes connections and says nothing, or stalls.

    With a TLS context, it is what a server hides behind.
    """

    def __init__(self, to: str, context: SSLContext | None = None) -> None:
        self._context = context
        self._to = to.rsplit(":", 1)
        self._hanging = False
        self._answers = float("inf")
        self._server: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._port = listener.getsockname()[1]

    @property
    def address(self) -> str:
        """Host and port, the same for ever."""
        return f"127.0.0.1:{self._port}"

    def _enter(self, stack: ExitStack) -> None:
        self._thread = stack.enter_context(LoopThread())
        stack.callback(self.refuse)
        self.forward()

    def forward(self) -> None:
        """All is well; connections that stalled are cut."""
        if self._answers != float("inf"):
            self._answers = float("inf")
            self._thread.run(self._close())
        self._hanging = False
        self._thread.run(self._listen())

    def hang(self) -> None:
        """Connections are taken and never answered."""
        self._thread.run(self._close())
        self._hanging = True
        self._thread.run(self._listen())

    def stall(self, after: int = 0) -> None:
        """Connections stay open, and no answers come through after as many bytes more."""
        self._answers = after

    def refuse(self) -> None:
        """Nobody listens, and open connections are cut."""
        self._thread.run(self._close())

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(
                self._take, "127.0.0.1", self._port, ssl=self._context
            )

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()

    async def _take(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._hanging:
                await reader.read()
            else:
                await self._join(reader, writer)
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _join(self, reader: StreamReader, writer: StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._to)
        try:
            await asyncio.gather(
                self._copy(reader, far_writer), self._copy(far_reader, writer, answers=True)
            )
        finally:
            far_writer.close()

    async def _copy(
        self, reader: StreamReader, writer: StreamWriter, *, answers: bool = False
    ) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(_CHUNK):
                if answers:
                    chunk = chunk[: int(min(self._answers, _CHUNK))]
                    self._answers -= len(chunk)
                writer.write(chunk)
                await writer.drain()
            if self._answers > 0 and writer.can_write_eof():
                writer.write_eof()
            elif self._answers > 0:
                writer.close()  # TLS has no connection that is half closed
