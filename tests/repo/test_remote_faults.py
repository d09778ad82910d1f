"""What is wrong with a remote, told as refused for good or as unavailable for now."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr

from bridge.errors import RemoteRefused, RemoteUnavailable
from bridge.repo.mirror import Mirror
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.git_http import GitHttp
from tests.parts.git_ssh import GitSsh
from tests.parts.state_repo import StateRepo
from tests.parts.threads import Served
from tests.repo.conftest import Open
from tests.repo.processes import running, until
from tests.repo.relay import Relay, Weather
from tests.repo.ways import CHECKOUT, by_file, by_http, by_ssh, draft, hook, pushed, waiting_for


class Answering(Served):
    """A web server with one answer to everything."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        self._status = status
        self._headers = headers or {}

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, _: web.Request) -> web.Response:
        return web.Response(status=self._status, headers=self._headers, text="<title>Hi</title>")


@pytest.fixture
def relay(git_http: GitHttp) -> Iterator[Relay]:
    """A port before `git_http`."""
    with Relay(git_http.address) as relay:
        yield relay


@pytest.fixture
def relayed(
    relay: Relay, git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> StateRepoSettings:
    """`state_repo` through the relay, within a second."""
    url = git_http.url_of(state_repo.path).replace(git_http.address, relay.address)
    return by_http(git_http, state_repo, tmp_path, url=url, timeout=1)


@pytest.mark.timeout(120)
def test_an_answer_that_is_cut_anywhere_is_no_refusal(
    relay: Relay, relayed: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    """Cut in its headers it reads as a repository without branches, or without ours."""
    mirror = opened(relayed)
    mirror.look()
    for cut in range(0, 1_800, 30):
        state_repo.write({"README.md": f"{cut}\n"}, "Move the branch")
        relay.turn(Weather(answers=cut, end="close"))
        with suppress(RemoteUnavailable):
            mirror.look()
        relay.forward()
        assert mirror.look().tip == state_repo.tip()


@pytest.mark.parametrize("password", [None, SecretStr("wrong"), SecretStr("s3cret2")])
def test_a_wrong_password_is_refused(
    git_http: GitHttp,
    state_repo: StateRepo,
    tmp_path: Path,
    opened: Open,
    password: SecretStr | None,
) -> None:
    mirror = opened(by_http(git_http, state_repo, tmp_path, password=password))
    with pytest.raises(RemoteRefused, match=r"(?i)authentication failed|could not read username"):
        mirror.look()


def test_a_password_may_change_while_we_run(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    mirror = opened(by_http(git_http, state_repo, tmp_path, password=None, password_file=file))
    mirror.look()
    git_http.password = "n3w"
    with pytest.raises(RemoteRefused):
        mirror.look()
    file.write_text("n3w\n")
    pushed(mirror, {CHECKOUT: b"7\n"})


def test_another_key_is_refused(
    git_ssh: GitSsh, state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    with GitSsh(state_repo.path.parent, tmp_path / "other") as other:
        key = other.client_key
    mirror = opened(by_ssh(git_ssh, state_repo, tmp_path, ssh_key_file=key))
    with pytest.raises(RemoteRefused, match="Permission denied"):
        mirror.look()


def test_another_host_is_refused(
    git_ssh: GitSsh, state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    with GitSsh(state_repo.path.parent, tmp_path / "other") as other:
        hosts = other.known_hosts.read_text().replace(str(other.port), str(git_ssh.port))
    (tmp_path / "hosts").write_text(hosts)
    settings = by_ssh(git_ssh, state_repo, tmp_path, known_hosts_file=tmp_path / "hosts")
    with pytest.raises(RemoteRefused, match="Host key verification failed"):
        opened(settings).look()


@pytest.mark.parametrize("folder", ["a b", "50%", 'say "hi"', "it's"])
def test_key_files_may_lie_anywhere(
    git_ssh: GitSsh, state_repo: StateRepo, tmp_path: Path, opened: Open, folder: str
) -> None:
    place = tmp_path / folder
    place.mkdir()
    key, hosts = git_ssh.client_key.rename(place / "key"), git_ssh.known_hosts.rename(place / "h")
    settings = by_ssh(git_ssh, state_repo, tmp_path, ssh_key_file=key, known_hosts_file=hosts)
    assert opened(settings).look().tip == state_repo.tip()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, RemoteRefused),
        (401, RemoteRefused),
        (403, RemoteRefused),
        (404, RemoteRefused),
        (200, RemoteRefused),
        (429, RemoteUnavailable),
        (500, RemoteUnavailable),
        (503, RemoteUnavailable),
    ],
)
def test_a_web_server_s_no(
    state_repo: StateRepo, tmp_path: Path, opened: Open, status: int, kind: type[Exception]
) -> None:
    with Answering(status, {"Location": "http://127.0.0.1:1/"}) as server:
        settings = by_file(
            state_repo, tmp_path, url=f"{server.url}/state.git", password=SecretStr("s3cret")
        )
        with pytest.raises(kind, match=re.escape(settings.url)):
            opened(settings).look()


def test_a_remote_that_is_down_and_comes_back(
    relay: Relay, relayed: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    mirror = opened(relayed)
    snapshot = mirror.look()
    commit = mirror.commit(draft(snapshot, {CHECKOUT: b"7\n"}), snapshot)
    relay.refuse()
    with pytest.raises(RemoteUnavailable, match=r"(?i)failed to connect|refused"):
        mirror.look()
    with pytest.raises(RemoteUnavailable, match=r"(?i)failed to connect|refused"):
        mirror.push(commit, snapshot.tip)
    relay.forward()
    mirror.push(commit, snapshot.tip)
    assert state_repo.tip() == commit


def test_a_host_that_is_down(
    git_ssh: GitSsh, state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    with Relay(git_ssh.url.rsplit("@", 1)[1]) as nobody:
        nobody.refuse()
        url = f"ssh://git@{nobody.address}/state.git"
        with pytest.raises(RemoteUnavailable, match="refused"):
            opened(by_ssh(git_ssh, state_repo, tmp_path, url=url)).look()


@pytest.mark.parametrize("scheme", ["http", "ssh"])
def test_a_hanging_remote_is_given_up_in_time_and_nothing_is_left_running(
    relay: Relay, state_repo: StateRepo, tmp_path: Path, opened: Open, scheme: str
) -> None:
    relay.hang()
    url = f"{scheme}://{relay.address}/state.git"
    mirror = opened(by_file(state_repo, tmp_path, url=url, timeout=1))
    seen: list[list[str]] = []
    watch = threading.Timer(0.7, lambda: seen.append(running(relay.address.split(":")[1])))
    watch.start()
    started = time.monotonic()
    with pytest.raises(RemoteUnavailable, match="over 1 s"):
        mirror.look()
    assert 1 <= time.monotonic() - started < 5
    watch.join()
    assert len(seen[0]) >= 2  # git, and the child of it that speaks to the remote
    until(lambda: not running(relay.address.split(":")[1]), within=2)


def test_a_push_that_hangs_is_given_up_and_may_yet_arrive(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path, opened: Open
) -> None:
    hook(state_repo, "pre-receive", waiting_for(tmp_path / "go"))
    mirror = opened(by_http(git_http, state_repo, tmp_path, timeout=1))
    with pytest.raises(RemoteUnavailable, match="git push took over 1 s"):
        pushed(mirror, {CHECKOUT: b"7\n"})
    until(lambda: not running(git_http.url), within=2)
    (tmp_path / "go").touch()
    until(lambda: state_repo.read(CHECKOUT) == b"7\n")
    assert mirror.look().tip == state_repo.tip()


def test_closing_does_not_wait_for_a_hanging_remote(
    relay: Relay, state_repo: StateRepo, tmp_path: Path
) -> None:
    relay.hang()
    url = f"http://{relay.address}/state.git"
    mirror = Mirror(by_file(state_repo, tmp_path, url=url, timeout=30))
    with ThreadPoolExecutor(1) as threads:
        looking = threads.submit(mirror.look)
        until(lambda: len(running(url)) >= 2)
        mirror.close()
        with pytest.raises(RemoteUnavailable, match="closing"):
            looking.result(5)
    assert not running(url)


def test_a_hook_s_no_is_told_in_its_own_words(
    settings: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    said = "Frozen until Monday.\n\nAsk größte@example.org"
    hook(state_repo, "pre-receive", f"cat <<'END' >&2\n{said}\nEND\nexit 1")
    before = state_repo.tip()
    mirror = opened(settings)
    with pytest.raises(RemoteRefused) as told:
        pushed(mirror, {CHECKOUT: b"7\n"})
    declined = "pre-receive hook declined: Frozen until Monday. Ask größte@example.org"
    assert str(told.value) == f"{settings.url}: {declined}"
    assert state_repo.tip() == mirror.look().tip == before
