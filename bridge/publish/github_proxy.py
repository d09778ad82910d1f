"""PyGithub's connections by way of a proxy, which it can only be told of by the environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from requests import Session

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
            _lead(self.session)

    class Https(HTTPSRequestsConnectionClass):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            _lead(self.session)

    Requester.injectConnectionClasses(Http, Https)


def _lead(session: Session) -> None:
    """By each request, since the environment's proxies come before a session's."""
    if proxy := _proxy.get():
        by = partial(session.request, proxies={"http": proxy, "https": proxy})
        session.request = by  # type: ignore[method-assign]  # PyGithub makes it
