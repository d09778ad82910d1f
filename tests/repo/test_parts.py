"""A mirror holds what was asked for and no more, and fetches the rest at once when it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from aiohttp import web

from bridge.errors import RemoteUnavailable
from bridge.repo.mirror import Mirror
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.git import git
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.parts.threads import Served
from tests.repo.conftest import Open
from tests.repo.processes import until
from tests.repo.relay import Relay
from tests.repo.ways import CHECKOUT, NOON, SEARCH, by_file, by_http, draft, pushed

EVER: Final = NOON - timedelta(days=9999)
Times = Sequence[datetime]


def blobs_in(folder: Path) -> int:
    """How many blobs a repository has."""
    objects = git(folder, "cat-file", "--batch-all-objects", "--batch-check").decode()
    return objects.count(" blob ")


def commits_in(folder: Path) -> int:
    """How many commits a repository has."""
    objects = git(folder, "cat-file", "--batch-all-objects", "--batch-check").decode()
    return objects.count(" commit ")


def written(repo: StateRepo, times: Times) -> list[str]:
    """Commits at these times on the branch, oldest first; each changes one file."""
    lines: list[bytes] = []
    for number, at in enumerate(times, 1):
        stamp = f"{int(at.timestamp())} +0000"
        lines += [
            f"commit refs/heads/main\nmark :{number}\ncommitter R <r@example.org> {stamp}".encode(),
            b"data 4\nEdit",
            b"from refs/heads/main^0" if number == 1 else b"from :%d" % (number - 1),
            f"M 100644 inline {CHECKOUT}\ndata {len(str(number))}\n{number}".encode(),
        ]
    lines += [b"get-mark :%d" % number for number in range(1, len(times) + 1)]
    told = repo.git("fast-import", "--quiet", "--done", given=b"\n".join([*lines, b"done", b""]))
    return told.decode().split()


@pytest.fixture
def http(git_http: GitHttp, state_repo: StateRepo, tmp_path: Path) -> StateRepoSettings:
    """`state_repo` by smart HTTP."""
    return by_http(git_http, state_repo, tmp_path)


REFS: Final = "GET info/refs?service=git-upload-pack"
UPLOAD: Final = "POST git-upload-pack"


def asked(server: GitHttp, count: int) -> list[str]:
    """The next requests that were answered, as many as this, and no more follow."""
    until(lambda: len(server.requests) >= count)
    shorts = [f"{r.method} {r.path.partition('state.git/')[2]}" for r in server.requests]
    server.requests.clear()
    return shorts


def test_blobs_are_fetched_when_they_are_read_and_all_at_once(
    http: StateRepoSettings, git_http: GitHttp, state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    names = [f"apps/{number}.yaml" for number in range(200)]
    state_repo.write({name: f"{name}\n" for name in names}, "Add")
    mirror = opened(http)
    snapshot = mirror.look()
    assert sorted(snapshot.files) == sorted([CHECKOUT, SEARCH, *names])
    assert blobs_in(tmp_path / "mirror.git") == 0
    git_http.requests.clear()
    blobs = snapshot.blobs()
    contents = mirror.read([blobs[name] for name in names])
    assert [contents[blobs[name]] for name in names] == [f"{name}\n".encode() for name in names]
    assert blobs_in(tmp_path / "mirror.git") == len(names)
    mirror.read([blobs[names[0]]])
    assert asked(git_http, 2) == [REFS, UPLOAD]


def test_nothing_is_fetched_by_surprise(
    http: StateRepoSettings, git_http: GitHttp, state_repo: StateRepo, opened: Open
) -> None:
    state_repo.write({CHECKOUT: "4\n"}, "Edit")
    with Relay(git_http.address) as relay:
        url = http.url.replace(git_http.address, relay.address)
        mirror = opened(http.model_copy(update={"url": url}))
        snapshot = mirror.look()
        relay.refuse()
        assert len(mirror.history(snapshot.tip, EVER)) == 2
        assert len(mirror.earlier(snapshot.tip, CHECKOUT)) == 1
        commit = mirror.commit(draft(snapshot, {CHECKOUT: b"5\n"}), snapshot)
        assert mirror.at(commit).tip == commit
        with pytest.raises(RemoteUnavailable):
            mirror.read([snapshot.blobs()[SEARCH]])
        relay.forward()
        git_http.requests.clear()
        mirror.push(commit, snapshot.tip)
    pushes = [REFS.replace("upload", "receive"), UPLOAD.replace("upload", "receive")]
    assert asked(git_http, 2) == pushes


def test_a_look_at_a_branch_that_has_not_moved_asks_for_its_ref_alone(
    http: StateRepoSettings, git_http: GitHttp, tmp_path: Path, opened: Open
) -> None:
    mirror = opened(http)
    snapshot = mirror.look()
    packs = list((tmp_path / "mirror.git" / "objects").rglob("*"))
    asked(git_http, 3)
    assert mirror.look() is snapshot
    assert asked(git_http, 2) == [REFS, UPLOAD]  # the second is protocol 2's `ls-refs`
    assert list((tmp_path / "mirror.git" / "objects").rglob("*")) == packs
    pushed(mirror, {CHECKOUT: b"7\n"})
    asked(git_http, 4)
    mirror.look()
    assert asked(git_http, 2) == [REFS, UPLOAD]  # nor is our own commit fetched


def test_only_the_newest_commits_are_fetched_until_a_longer_window_is_asked_for(
    http: StateRepoSettings, state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    times = [NOON + timedelta(minutes=n) for n in range(1000)]
    shas = written(state_repo, times)
    mirror = opened(http)
    tip = mirror.look().tip
    folder = tmp_path / "mirror.git"
    assert commits_in(folder) == 101
    assert len(mirror.history(tip, times[-30])) == 30
    assert commits_in(folder) == 101
    found = mirror.history(tip, times[-150])
    assert [one.sha for one in found] == shas[-150:][::-1]
    assert all(len(c.changes) == 1 and c.changes[0].before for c in found)
    assert commits_in(folder) == 401
    assert [one.sha for one in mirror.history(tip, NOON)] == shas[::-1]
    assert len(mirror.history(tip, EVER)) == 1001
    assert blobs_in(folder) == 0


def test_slow_clocks_in_between_hide_nothing(
    http: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    slow = timedelta(days=9000)
    times = [NOON + timedelta(minutes=n) - slow * (n % 3 == 1) for n in range(700)]
    shas = written(state_repo, times)
    mirror = opened(http)
    found = mirror.history(mirror.look().tip, times[350])
    assert [one.sha for one in found] == shas[350:][::-1]
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)


def test_what_a_file_held_before_is_found_behind_the_newest_commits(
    http: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    seed = state_repo.read(SEARCH)
    state_repo.write({SEARCH: "broken\n"}, "Break")
    written(state_repo, [NOON + timedelta(minutes=n) for n in range(150)])
    mirror = opened(http)
    blobs = mirror.earlier(mirror.look().tip, SEARCH)
    assert mirror.read(blobs) == {blobs[0]: seed}


class WithoutSingleBlobs(GitHttp):
    """Speaks protocol 0 alone, in which only what a branch points to may be asked for."""

    def _variables(self, request: web.Request) -> dict[str, str]:
        known = super()._variables(request)
        return {name: text for name, text in known.items() if name != "HTTP_GIT_PROTOCOL"}


class Dumb(Served):
    """A web server that knows nothing of git: files below a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        file = self._root / request.match_info["path"]
        if not file.is_file():
            raise web.HTTPNotFound
        return web.Response(body=file.read_bytes())


@pytest.fixture(params=["no filter", "no single blobs", "dumb"])
def all_or_nothing(
    request: pytest.FixtureRequest, state_repo: StateRepo, tmp_path: Path
) -> Iterator[StateRepoSettings]:
    """A remote that can't give parts of a repository."""
    if request.param == "no filter":
        state_repo.git("config", "uploadpack.allowFilter", "false")
        yield by_file(state_repo, tmp_path)
    elif request.param == "no single blobs":
        state_repo.git("config", "uploadpack.allowAnySHA1InWant", "false")
        with WithoutSingleBlobs(state_repo.path.parent) as server:
            yield by_http(server, state_repo, tmp_path)
    else:
        state_repo.git("update-server-info")
        with Dumb(state_repo.path.parent) as plain:
            yield by_file(state_repo, tmp_path, url=f"{plain.url}/state.git")


def test_a_remote_that_gives_no_parts_is_mirrored_whole(
    state_repo: StateRepo, all_or_nothing: StateRepoSettings, tmp_path: Path, opened: Open
) -> None:
    written(state_repo, [NOON + timedelta(minutes=n) for n in range(150)])
    state_repo.git("update-server-info")
    mirror = opened(all_or_nothing)
    snapshot = mirror.look()
    blobs = snapshot.blobs()
    assert mirror.read([blobs[CHECKOUT]]) == {blobs[CHECKOUT]: b"150"}
    assert len(mirror.history(snapshot.tip, EVER)) == 151
    assert blobs_in(tmp_path / "mirror.git") >= 2


def test_packs_are_gathered_now_and_then(
    state_repo: StateRepo, mirror: Mirror, tmp_path: Path
) -> None:
    for number in range(55):
        state_repo.write({CHECKOUT: f"{number}\n"}, "Edit")
        mirror.look()
    assert len(list((tmp_path / "mirror.git" / "objects" / "pack").glob("*.pack"))) < 10
    pushed(mirror, {CHECKOUT: b"7\n"})
    assert len(mirror.history(state_repo.tip(), EVER)) == 57
