"""Servers in a thread with a loop of its own: blocking tests and async ones can both call them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from threading import Thread
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from aiohttp import web

T = TypeVar("T")


class Context:
    """A context manager: `_enter` starts it, and leaves on the stack what ends it."""

    def _enter(self, stack: ExitStack) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._enter(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stack.close()


class LoopThread(Context):
    """An event loop that runs in a thread for as long as the context lasts."""

    def _enter(self, stack: ExitStack) -> None:
        started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        thread = Thread(target=asyncio.run, args=(_live(started),), daemon=True)
        thread.start()
        self._loop, stopping = started.result(5)
        stack.callback(thread.join, 10)
        stack.callback(self._loop.call_soon_threadsafe, stopping.set)

    def run(self, work: Coroutine[Any, Any, T], within: float = 10) -> T:
        """The result of this coroutine, awaited in the thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within)


async def _live(started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    stopping = asyncio.Event()
    started.set_result((asyncio.get_running_loop(), stopping))
    await stopping.wait()
    await turns()


async def turns() -> None:
    """Lets the loop see to the connections that it is just accepting: else nobody closes them."""
    for _ in range(10):
        await asyncio.sleep(0)


class Listening(Protocol):
    """An asyncio.Server, or what has one in it."""

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """Those that connections are accepted on."""

    def close(self) -> None:
        """Takes no more."""


async def close(server: Listening) -> None:
    """Takes no more; those who were just accepted are taken first.

    asyncio lets the socket of a connection go unclosed where its server closes in the turn in
    which it was accepted: https://github.com/python/cpython/issues/109564.
    """
    for one in server.sockets:
        asyncio.get_running_loop().remove_reader(one.fileno())
    await turns()
    server.close()


class Served(Context):
    """An aiohttp application on a free port of loopback, in a thread; a context manager."""

    url: str

    def application(self) -> web.Application:
        """What is served."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        """Host and port, as a scrape config wants them."""
        return self.url.removeprefix("http://")

    def _enter(self, stack: ExitStack) -> None:
        thread = stack.enter_context(LoopThread())
        self.url = thread.run(self._start())
        stack.callback(lambda: thread.run(self._end()))

    async def _start(self) -> str:
        # Bodies stay compressed: what a client sent is what the backend must see.
        self._runner = web.AppRunner(
            self.application(), access_log=None, auto_decompress=False, shutdown_timeout=0.1
        )
        await self._runner.setup()
        assert self._runner.server is not None
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._runner.server, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def _end(self) -> None:
        await close(self._server)
        await self._runner.cleanup()
