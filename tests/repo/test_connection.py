"""Over SSH, many commands share one connection, of which nothing is left in the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.errors import RemoteUnavailable
from bridge.repo.mirror import Mirror
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.git_ssh import GitSsh
from tests.parts.state_repo import StateRepo
from tests.repo.processes import command_lines, running, until
from tests.repo.relay import Relay
from tests.repo.ways import CHECKOUT, by_ssh, pushed


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that nobody else uses; its name is short enough for a socket."""
    folder = tmp_path_factory.mktemp("t")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def relay(git_ssh: GitSsh) -> Iterator[Relay]:
    """A port before `git_ssh`."""
    with Relay(git_ssh.url.rsplit("@", 1)[1]) as relay:
        yield relay


@pytest.fixture
def relayed(
    relay: Relay, git_ssh: GitSsh, state_repo: StateRepo, tmp_path: Path
) -> StateRepoSettings:
    """`state_repo` through the relay, within two seconds."""
    hosts = git_ssh.known_hosts.read_text().replace(str(git_ssh.port), relay.address.split(":")[1])
    git_ssh.known_hosts.write_text(hosts)
    url = f"ssh://git@{relay.address}/state.git"
    return by_ssh(git_ssh, state_repo, tmp_path, url=url, timeout=2)


def test_many_commands_share_one_connection(
    git_ssh: GitSsh, state_repo: StateRepo, tmp_path: Path, temporary: Path
) -> None:
    with closing(Mirror(by_ssh(git_ssh, state_repo, tmp_path))) as mirror:
        mirror.read(sorted(mirror.look().blobs().values()))
        for count in (b"5\n", b"6\n"):
            pushed(mirror, {CHECKOUT: count})
        assert len(git_ssh.commands) >= 5
        assert git_ssh.connections == 1
        [folder] = temporary.iterdir()
        assert folder.stat().st_mode & 0o077 == 0
        assert running(str(folder))
    until(lambda: not running(str(folder)))
    assert list(temporary.iterdir()) == []


def test_a_connection_that_was_cut_is_made_again(
    relay: Relay, relayed: StateRepoSettings, git_ssh: GitSsh, state_repo: StateRepo
) -> None:
    with closing(Mirror(relayed)) as mirror:
        mirror.look()
        relay.refuse()
        relay.forward()
        pushed(mirror, {CHECKOUT: b"7\n"})
    assert (state_repo.read(CHECKOUT), git_ssh.connections) == (b"7\n", 2)


def test_a_connection_that_stalls_is_given_up_with_its_command(
    relay: Relay,
    relayed: StateRepoSettings,
    git_ssh: GitSsh,
    state_repo: StateRepo,
    temporary: Path,
) -> None:
    with closing(Mirror(relayed)) as mirror:
        tip = mirror.look().tip
        relay.stall()
        with pytest.raises(RemoteUnavailable, match="took over 2 s"):
            mirror.look()
        until(lambda: not running(str(temporary)))
        relay.forward()
        assert mirror.look().tip == tip == state_repo.tip()
    assert git_ssh.connections == 2


def test_a_folder_that_is_cleared_away_is_made_again(
    git_ssh: GitSsh, state_repo: StateRepo, tmp_path: Path, temporary: Path
) -> None:
    """As those do who tidy /tmp."""
    with closing(Mirror(by_ssh(git_ssh, state_repo, tmp_path))) as mirror:
        mirror.look()
        [folder] = temporary.iterdir()
        shutil.rmtree(folder)
        for pid in [pid for pid, line in command_lines().items() if str(folder) in line]:
            os.kill(pid, signal.SIGTERM)  # nobody finds it by its socket; it would last a minute
        pushed(mirror, {CHECKOUT: b"7\n"})
        pushed(mirror, {CHECKOUT: b"8\n"})
        assert (state_repo.read(CHECKOUT), git_ssh.connections) == (b"8\n", 2)
    assert list(temporary.iterdir()) == []


KILLED = """
import os, signal, sys
from bridge.repo.mirror import Mirror
from bridge.settings.state_repo import StateRepoSettings
Mirror(StateRepoSettings.model_validate_json(sys.argv[1])).look()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_cleared_away(
    git_ssh: GitSsh, state_repo: StateRepo, tmp_path: Path, temporary: Path
) -> None:
    settings = by_ssh(git_ssh, state_repo, tmp_path)
    env = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", KILLED, settings.model_dump_json()]
    subprocess.run(command, env=env, check=False)
    [left] = temporary.iterdir()
    assert running(str(left)), "the connection outlives its user"
    (temporary / "scalebridge-ssh-theirs").mkdir()  # nothing says that it is ours
    with closing(Mirror(settings)) as mirror, closing(Mirror(elsewhere(settings))) as other:
        mirror.look()
        other.look()
        until(lambda: not running(str(left)))
        assert not left.exists()
        assert len(list(temporary.glob("scalebridge-ssh-*"))) == 3, "who lives keeps theirs"
    assert [folder.name for folder in temporary.iterdir()] == ["scalebridge-ssh-theirs"]


def elsewhere(settings: StateRepoSettings) -> StateRepoSettings:
    """The same remote, with another mirror."""
    assert settings.mirror
    return settings.model_copy(update={"mirror": settings.mirror.with_name("other.git")})


def test_a_socket_that_would_have_too_long_a_name_is_done_without(
    git_ssh: GitSsh,
    state_repo: StateRepo,
    tmp_path: Path,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    far = temporary / ("long" * 20)
    far.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(far))
    with closing(Mirror(by_ssh(git_ssh, state_repo, tmp_path))) as mirror:
        pushed(mirror, {CHECKOUT: b"7\n"})
    assert (state_repo.read(CHECKOUT), git_ssh.connections) == (b"7\n", 3)
    assert list(far.iterdir()) == []
