"""Servers in a thread with a loop of its own: blocking tests and async ones can both call them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import ExitStack
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

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
        stack.callback(lambda: thread.run(self._runner.cleanup()))

    async def _start(self) -> str:
        # Bodies stay compressed: what a client sent is what the backend must see.
        self._runner = web.AppRunner(
            self.application(), access_log=None, auto_decompress=False, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"
