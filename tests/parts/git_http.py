"""A smart-HTTP Git remote with basic auth: `git http-backend` behind a small web server."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.parser import BytesParser
from hmac import compare_digest
from pathlib import Path
from typing import Final

from aiohttp import web

from tests.parts.child import child
from tests.parts.git import environment
from tests.parts.threads import Served

_CHUNK: Final = 1 << 16
_PROBE: Final = 4  # before a large push git posts an empty one, "0000", to settle who it is
_SETTINGS: Final = {"safe.directory": "*", "http.receivepack": "true"}

Hook = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked for; `path` has the query, `headers` lack the password."""

    method: str
    path: str
    authorization: bool
    status: int
    headers: dict[str, str]


class GitHttp(Served):
    """Serves the bare repositories below `root`; a context manager.

    The hooks run in a thread of their own: `before_advertise` before a pusher is told where
    the branch is, `before_receive` after that and before its commits are taken.
    """

    def __init__(self, root: Path, *, username: str = "bridge", password: str = "s3cret") -> None:  # noqa: S107 - of a test
        self.root = root
        self.username = username
        self.password = password
        self.requests: list[Request] = []
        self.before_advertise: Hook | None = None
        self.before_receive: Hook | None = None

    def url_of(self, repo: Path) -> str:
        """The URL of a repository below the root, without credentials."""
        return f"{self.url}/{repo.relative_to(self.root).as_posix()}"

    def way_in(self, _: str) -> dict[str, str]:
        """What a configuration's `state_repo` needs besides the URL, by whatever address."""
        return {"username": self.username, "password": self.password}

    def application(self) -> web.Application:
        """Every path goes to the backend."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization")
        response = await self._backed(request) if self._knows(given) else _unauthorized()
        headers = {name: text for name, text in request.headers.items() if name != "Authorization"}
        path, authorization = request.path_qs, given is not None
        told = Request(request.method, path, authorization, response.status, headers)
        self.requests.append(told)
        return response

    def _knows(self, given: str | None) -> bool:
        pair = f"{self.username}:{self.password}".encode()
        return compare_digest((given or "").encode(), b"Basic " + b64encode(pair))

    async def _backed(self, request: web.Request) -> web.StreamResponse:
        # All of it first: http-backend spins for ever on a body that ends too soon.
        try:
            body = await request.content.read()
        except ConnectionError:
            return web.Response(status=400)
        hook = self._hook_for(request)
        if hook is not None:
            await asyncio.to_thread(hook)
        async with child("git", "http-backend", env=self._variables(request)) as backend:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_feed(body, backend))
                answering = tasks.create_task(_relay(backend, request))
            await backend.wait()
        return answering.result()

    def _hook_for(self, request: web.Request) -> Hook | None:
        if request.path.endswith("/git-receive-pack") and request.content_length != _PROBE:
            return self.before_receive
        if request.query.get("service") == "git-receive-pack":
            return self.before_advertise
        return None

    def _variables(self, request: web.Request) -> dict[str, str]:
        length = request.content_length
        optional = {
            "CONTENT_LENGTH": None if length is None else str(length),
            "CONTENT_TYPE": request.headers.get("Content-Type"),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding"),
            "HTTP_GIT_PROTOCOL": request.headers.get("Git-Protocol"),
        }
        return environment(
            _SETTINGS,
            GATEWAY_INTERFACE="CGI/1.1",
            GIT_HTTP_EXPORT_ALL="1",
            GIT_PROJECT_ROOT=str(self.root),
            PATH_INFO=request.path,
            QUERY_STRING=request.query_string,
            REMOTE_ADDR="127.0.0.1",
            REMOTE_USER=self.username,
            REQUEST_METHOD=request.method,
            SERVER_PROTOCOL="HTTP/1.1",
            **{name: value for name, value in optional.items() if value is not None},
        )


def _unauthorized() -> web.Response:
    return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="state"'})


async def _feed(body: bytes, backend: Process) -> None:
    assert backend.stdin is not None
    with suppress(ConnectionError):  # of a backend that read enough
        backend.stdin.write(body)
        await backend.stdin.drain()
    backend.stdin.close()


async def _relay(backend: Process, request: web.Request) -> web.StreamResponse:
    assert backend.stdout is not None
    head = BytesParser().parsebytes(await backend.stdout.readuntil(b"\r\n\r\n"))
    status = int(head.get("Status", "200").split()[0])
    headers = {name: value for name, value in head.items() if name != "Status"}
    response = web.StreamResponse(status=status, headers=headers)
    with suppress(ConnectionError):
        await response.prepare(request)
        while chunk := await backend.stdout.read(_CHUNK):
            await response.write(chunk)
        await response.write_eof()
    while await backend.stdout.read(_CHUNK):  # a pusher who left doesn't stop what was received
        pass
    return response
