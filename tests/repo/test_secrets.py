"""The password goes to its server, and shows up nowhere else."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr

from bridge.errors import BridgeError
from bridge.repo.mirror import Mirror
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.parts.threads import Served
from tests.repo.conftest import Open
from tests.repo.processes import command_lines
from tests.repo.ways import CHECKOUT, by_http, hook, pushed

PASSWORD = "pa55-äß w%rd"


def spellings() -> list[bytes]:
    """The password as it is, and as basic auth has it."""
    pair = base64.b64encode(f"bridge:{PASSWORD}".encode())
    return [PASSWORD.encode(), pair]


@pytest.fixture
def mirror(git_http: GitHttp, state_repo: StateRepo, tmp_path: Path, opened: Open) -> Mirror:
    """Over HTTP, with that password from a file."""
    git_http.password = PASSWORD
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    return opened(by_http(git_http, state_repo, tmp_path, password=None, password_file=file))


def test_arguments_don_t_show_it_while_a_push_runs(
    git_http: GitHttp, mirror: Mirror, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[str] = []
    git_http.before_receive = lambda: lines.extend(command_lines().values())
    with caplog.at_level(logging.DEBUG):
        pushed(mirror, {CHECKOUT: b"7\n"})
    assert [line for line in lines if "git push --porcelain" in line]
    for secret in spellings():
        assert secret.decode() not in "\n".join(lines)
        assert secret.decode() not in caplog.text


def test_files_don_t_hold_it(mirror: Mirror, tmp_path: Path) -> None:
    pushed(mirror, {CHECKOUT: b"7\n"})
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "password"]
    assert tmp_path / "mirror.git" / "config" in files
    for secret in spellings():
        assert [path for path in files if secret in path.read_bytes()] == []


def test_errors_don_t_tell_it(git_http: GitHttp, state_repo: StateRepo, mirror: Mirror) -> None:
    def declined() -> None:
        hook(state_repo, "pre-receive", "exit 1")

    def unauthorized() -> None:
        git_http.username = "another"

    told: list[str] = []
    faults: list[Callable[[], None]] = [declined, unauthorized]
    for fault in faults:
        fault()
        with pytest.raises(BridgeError) as error:
            pushed(mirror, {CHECKOUT: b"7\n"})
        told += [str(error.value), repr(error.value), repr(error.value.__cause__)]
    assert any("pre-receive hook declined" in text for text in told)
    assert any("Authentication failed" in text for text in told)
    for secret in spellings():
        assert secret.decode() not in "\n".join(told)


class Elsewhere(Served):
    """A server that leads to another, or speaks just enough of git's protocol to be believed."""

    def __init__(self, to: str = "") -> None:
        self.to = to
        self.authorizations: list[str | None] = []

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        self.authorizations.append(request.headers.get("Authorization"))
        if self.to:
            raise web.HTTPFound(self.to + request.path_qs)
        kind = "application/x-git-upload-pack-advertisement"
        body = b"001e# service=git-upload-pack\n0000000eversion 2\n000cls-refs\n000afetch\n0000"
        return web.Response(body=body, content_type=kind)


def test_it_doesn_t_follow_a_redirect(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    with Elsewhere() as thief, Elsewhere(thief.url) as first:
        url = f"{first.url}/state.git"
        given = by_http(git_http, state_repo, tmp_path, url=url, password=SecretStr(PASSWORD))
        with pytest.raises(BridgeError, match="302"):
            opened(given).look()
    assert set(first.authorizations) == {f"Basic {spellings()[1].decode()}"}
    assert not any(thief.authorizations)
