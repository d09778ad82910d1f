"""PyGithub's connections: within a time for each whole answer, and by way of a proxy.

PyGithub can be told of neither: its timeout is requests' own, which is for each read, and its
proxy is the environment's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from threading import Timer
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bridge.evaluate.cutting import Cuttable, Line

if TYPE_CHECKING:
    from github.Requester import RequestsResponse
    from requests import Session

WHOLE_S: Final = 60.0
"""A body that drips is cut after this, so that the thread that reads it comes back."""

_Answer = TypeVar("_Answer")
_proxy: ContextVar[str | None] = ContextVar("proxy", default=None)


@contextmanager
def through(proxy: str | None) -> Iterator[None]:
    """Connections made within it go through the proxy; without one the environment says how.

    Other clients in the process keep their own way: the connection remembers it, not the library.
    """
    _teach()
    before = _proxy.set(proxy)
    try:
        yield
    finally:
        _proxy.reset(before)


@cache
def _teach() -> None:
    """PyGithub's one place for this is the class of all its connections."""
    from github.Requester import (
        HTTPRequestsConnectionClass,
        HTTPSRequestsConnectionClass,
        Requester,
    )

    class Http(HTTPRequestsConnectionClass):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            _prepare(self.session)

        def getresponse(self) -> RequestsResponse:
            return _in_time(super().getresponse)

    class Https(HTTPSRequestsConnectionClass):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            _prepare(self.session)

        def getresponse(self) -> RequestsResponse:
            return _in_time(super().getresponse)

    Requester.injectConnectionClasses(Http, Https)


def _prepare(session: Session) -> None:
    """The proxy goes with each request, since the environment's come before a session's."""
    for scheme in ("http://", "https://"):
        session.mount(scheme, Cuttable())  # without retries, as `options` asks of PyGithub's own
    if proxy := _proxy.get():
        by = partial(session.request, proxies={"http": proxy, "https": proxy})
        session.request = by  # type: ignore[method-assign]  # PyGithub makes it


def _in_time(ask: Callable[[], _Answer]) -> _Answer:
    """The whole answer; half of one is none, also where nobody said how long it would be."""
    from requests import RequestException, Timeout

    line, told = Line(), f"no whole answer within {WHOLE_S:g} s"
    watch = Timer(WHOLE_S, line.cut)
    watch.daemon = True
    watch.start()
    try:
        answer = line.ask(ask)
    except RequestException as error:
        if line.is_cut:
            raise Timeout(told) from error
        raise
    finally:
        watch.cancel()
    if line.is_cut:
        raise Timeout(told)
    return answer
