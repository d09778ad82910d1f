"""Requests that can be cut: requests' timeout is for each read, so a body may drip for ever."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import local
from typing import Any, TypeVar

from requests import RequestException
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_Answer = TypeVar("_Answer")
_of_thread = local()


class Line:
    """The socket on which a thread waits for an answer."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self.is_cut = False

    def ask(self, ask: Callable[[], _Answer]) -> _Answer:
        """Runs this in the calling thread; what it requests through `Cuttable` can be cut.

        What it raises keeps none of the frames that it came through: urllib3's refer to it, and
        such a ring with all its buffers would stay until the collector's next full pass.
        """
        _of_thread.line = self
        try:
            return ask()
        except RequestException as error:
            _without_frames(error)
            raise

    def cut(self) -> None:
        """Ends the request, whatever it waits for; to be called from any other thread."""
        self.is_cut = True
        if self._socket is not None:
            with suppress(OSError):  # it is over already
                self._socket.shutdown(socket.SHUT_RDWR)

    def use(self, own: socket.socket) -> None:
        """A request has gone out on this socket."""
        self._socket = own
        if self.is_cut:
            self.cut()


class Cuttable(HTTPAdapter):
    """An adapter whose requests know the line of their thread."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """For requests without a proxy."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """For those through one."""
        through = super().proxy_manager_for(*args, **options)
        through.pool_classes_by_scheme = _POOLS
        return through


class _Plain(HTTPConnection):
    def request(self, *args: Any, **options: Any) -> None:
        super().request(*args, **options)
        _used(self)


class _Tls(HTTPSConnection):
    def request(self, *args: Any, **options: Any) -> None:
        super().request(*args, **options)
        _used(self)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


_POOLS = {"http": _PlainPool, "https": _TlsPool}


def _without_frames(error: RequestException) -> None:
    raised: BaseException | None = error
    while raised is not None:
        raised.__traceback__ = None
        raised = raised.__cause__ or raised.__context__


def _used(connection: HTTPConnection) -> None:
    line = getattr(_of_thread, "line", None)
    if line is not None and connection.sock is not None:
        line.use(connection.sock)
