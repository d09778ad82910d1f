"""Who comes in: so many connections, half of them for one source, counted before any handshake."""

from __future__ import annotations

import asyncio
import errno
import resource
import socket
import ssl
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from aiohttp import web

from bridge.server.limits import source_of

_BACKLOG: Final = 128
_PAUSE_S: Final = 0.5
"""Before the next try where accepting failed."""
_ABSENT: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""An address that a name has and this machine has not: `localhost` as `::1` with IPv6 off."""
_OURS: Final = 256
"""Descriptors for git, queries and files, which no stranger gets."""


class Door:
    """Listens; a handshake that hangs counts like any connection."""

    def __init__(self, server: web.Server, most: int, tls: ssl.SSLContext | None) -> None:
        self._server = server
        self._most = within_descriptors(most)
        self._tls = tls
        self._arriving: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: list[socket.socket] = []

    async def open(self, address: tuple[str, int], patience: float) -> tuple[str, int]:
        """Listens, also at each address of a name; the first one. A handshake may take `patience`.

        Raises:
            OSError: it can't be bound, or none of a name's addresses is of this machine.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        absent: list[OSError] = []
        for family, where in dict.fromkeys((family, where) for family, *_, where in found):
            try:
                self._listeners.append(_listening(family, where))
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                absent.append(error)
        if not self._listeners:
            raise absent[0]
        for listener in self._listeners:
            self._start(self._accept(listener, patience))
        bound = self._listeners[0].getsockname()
        return str(bound[0]), int(bound[1])

    async def close(self) -> None:
        """Nobody else comes in; those that are in stay."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listener in self._listeners:
            listener.close()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listener: socket.socket, patience: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                arrived, peer = await loop.sock_accept(listener)
            except OSError:  # no descriptor left, or it left again at once
                await asyncio.sleep(_PAUSE_S)
                continue
            source = source_of(peer[0])
            if not self._has_room(source):
                arrived.close()
                continue
            self._arriving[source] += 1
            self._start(self._let_in(arrived, source, patience))

    async def _let_in(self, arrived: socket.socket, source: str, patience: float) -> None:
        try:
            with suppress(OSError):  # gone, no TLS, no fit certificate, or not in time
                await asyncio.get_running_loop().connect_accepted_socket(
                    self._server,
                    arrived,
                    ssl=self._tls,
                    ssl_handshake_timeout=patience if self._tls else None,
                )
        finally:
            self._arriving[source] -= 1
            if not self._arriving[source]:
                del self._arriving[source]

    def _has_room(self, source: str) -> bool:
        half = (self._most + 1) // 2
        inside = self._server.connections
        count = len(inside) + self._arriving.total()
        if count < half:
            return True
        own = sum(_source(one) == source for one in inside) + self._arriving[source]
        return count < self._most and own < half


def _source(connection: web.RequestHandler) -> str:
    peer = connection.transport.get_extra_info("peername") if connection.transport else None
    return source_of(peer[0]) if peer else ""


def _listening(family: int, where: tuple[Any, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(where)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def within_descriptors(most: int) -> int:
    """How many connections the process has descriptors for, after it asked for all it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + _OURS
    if soft < wanted and soft < hard:
        soft = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(most, soft - _OURS))
