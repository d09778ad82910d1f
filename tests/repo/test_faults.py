"""Faults of remote and disk in the middle of the work: a reason, nothing lost, and it goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bridge.errors import RemoteRefused, RemoteUnavailable
from bridge.repo.mirror import Mirror
from tests.parts.gate import lacking
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.repo.conftest import Open
from tests.repo.processes import running, until
from tests.repo.relay import Relay
from tests.repo.ways import CHECKOUT, NOON, by_file, by_http, draft, pushed

LARGE = "apps/large.yaml"


class Failing(GitHttp):
    """Answers the requests of one kind with a status, while there is one."""

    status = 0
    kind = "git-receive-pack"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self.status and request.path.endswith(f"/{self.kind}"):
            await request.content.read()
            return web.Response(status=self.status, text="No.")
        return await super()._answer(request)


@pytest.fixture
def failing(state_repo: StateRepo) -> Iterator[Failing]:
    """All is well so far."""
    with Failing(state_repo.path.parent) as server:
        yield server


@pytest.fixture
def through(failing: Failing, state_repo: StateRepo, tmp_path: Path, opened: Open) -> Mirror:
    """A mirror of what `failing` serves."""
    return opened(by_http(failing, state_repo, tmp_path))


@pytest.mark.parametrize(
    ("status", "kind", "hint"),
    [
        (401, RemoteRefused, r"\(see state_repo\.username and state_repo\.password_file\)"),
        (403, RemoteRefused, r"403.*\(may the account push there\? See state_repo\.username\)"),
        (413, RemoteRefused, r"413.*\(the server, or a proxy before it, limits a push's size\)"),
        (500, RemoteUnavailable, "500"),
    ],
)
def test_a_push_that_the_server_answers_with_an_error(
    failing: Failing, through: Mirror, status: int, kind: type[Exception], hint: str
) -> None:
    mirror, state_repo = through, StateRepo(failing.root / "state.git")
    snapshot = mirror.look()
    commit = mirror.commit(draft(snapshot, {CHECKOUT: b"7\n"}), snapshot)
    failing.status = status
    with pytest.raises(kind, match=hint):
        mirror.push(commit, snapshot.tip)
    assert state_repo.tip() == mirror.look().tip == snapshot.tip
    failing.status = 0
    mirror.push(commit, snapshot.tip)
    assert state_repo.tip() == mirror.look().tip == commit


def test_a_remote_that_hangs_in_the_middle_of_a_pack(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    with Relay(git_http.address) as relay:
        url = git_http.url_of(state_repo.path).replace(git_http.address, relay.address)
        mirror = opened(by_http(git_http, state_repo, tmp_path, url=url, timeout=3))
        mirror.look()
        state_repo.write({LARGE: os.urandom(3_000_000).hex()}, "Grow")
        blob = mirror.look().blobs()[LARGE]
        relay.stall(after=500_000)
        with pytest.raises(RemoteUnavailable, match="git fetch took over 3 s"):
            mirror.read([blob])
        until(lambda: not running(url), within=5)
        relay.forward()
        assert mirror.read([blob]) == {blob: state_repo.read(LARGE)}
        pushed(mirror, {CHECKOUT: b"7\n"})
    assert state_repo.read(CHECKOUT) == b"7\n"


def test_a_clock_that_jumps_hides_no_commit(mirror: Mirror, state_repo: StateRepo) -> None:
    shas = []
    for days in (0, 400, -9000, 0):
        snapshot = mirror.look()
        made = draft(snapshot, {CHECKOUT: f"{days}\n".encode()})
        commit = mirror.commit(replace(made, at=NOON + timedelta(days=days)), snapshot)
        mirror.push(commit, snapshot.tip)
        shas.append(commit)
    found = mirror.history(mirror.look().tip, NOON)
    assert [one.sha for one in found] == shas[::-1]
    state_repo.assert_linear()


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of half a megabyte, mounted there; skips where we may not mount."""
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=512k", "none", str(folder))
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        lacking("may not mount a file system here")
    try:
        yield
    finally:
        subprocess.run(("umount", str(folder)), check=True)


def trouble(mirror: Mirror, state_repo: StateRepo, reason: str) -> None:
    """What does not fit is told as the mirror's fault, and the remote keeps what it has."""
    large = state_repo.write({LARGE: os.urandom(600_000).hex()}, "Grow")
    blob = mirror.look().blobs()[LARGE]
    with pytest.raises(RemoteUnavailable, match=f"^the mirror of .*{reason}"):
        mirror.read([blob])
    assert state_repo.tip() == large
    state_repo.write({LARGE: None}, "Shrink")


def test_a_full_disk_is_told_and_got_over(state_repo: StateRepo, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk"):
        mirror = Mirror(by_file(state_repo, tmp_path / "disk"))
        try:
            trouble(mirror, state_repo, "No space left on device")
            pushed(mirror, {CHECKOUT: b"7\n"})
        finally:
            mirror.close()
    assert state_repo.read(CHECKOUT) == b"7\n"
