"""The way to the remote: credentials, proxy and CA; over SSH, one connection for many commands."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from bridge.repo.credentials import Credentials, Tokens, credentials
from bridge.repo.scratch import Scratch
from bridge.settings.state_repo import StateRepoSettings

_PERSIST_S = 60
_END_S = 5.0
_NAME = re.compile(r"[\w./+-]{1,90}")  # ssh appends 17 characters, and 108 are the most


class Connection:
    """What each git command that needs the network is given."""

    def __init__(self, settings: StateRepoSettings, tokens: Tokens | None = None) -> None:
        self._settings = settings
        self._tokens = tokens
        self._scratch: Scratch | None = None

    def given(self, config: Mapping[str, str]) -> Credentials:
        """The credentials of this moment, with this configuration besides.

        Raises:
            ConfigInvalid: a secret file can't be read.
        """
        proof = credentials(self._settings, self._tokens)
        environment = dict(proof.environment)
        if _is_ssh(self._settings.url):
            environment["GIT_SSH_COMMAND"] += self._shared()
        return Credentials(environment, {**config, **self._http(), **proof.config})

    def _http(self) -> dict[str, str]:
        given = {"http.sslCAInfo": self._settings.ca_file, "http.proxy": self._settings.proxy}
        return {key: str(value) for key, value in given.items() if value is not None}

    def _shared(self) -> str:
        """Options by which ssh leaves a connection for the next command, or uses the last one's."""
        kept = self._scratch and self._scratch.renewed()
        self._scratch = kept or Scratch("scalebridge-ssh-", _end)
        socket = _socket(self._scratch.path)
        if not _NAME.fullmatch(str(socket)):
            return ""
        return (
            f" -o ControlMaster=auto -o ControlPath={socket}"
            f" -o ControlPersist={_PERSIST_S} -o ServerAliveInterval=15 -o ServerAliveCountMax=2"
        )

    def drop(self) -> None:
        """Ends the shared connection, which may be what hangs; the next command makes its own."""
        if self._scratch:
            _end(self._scratch.path)

    def close(self) -> None:
        """Leaves no process and no folder behind."""
        if self._scratch:
            self._scratch.close()


def _socket(folder: Path) -> Path:
    return folder / "ssh"


def _end(folder: Path) -> None:
    """Ends the connection that was made in a folder."""
    socket = _socket(folder)
    if socket.exists():
        command = ["ssh", "-F", "none", "-o", f"ControlPath={socket}", "-O", "exit", "origin"]
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, timeout=_END_S, check=False)
        socket.unlink(missing_ok=True)


def _is_ssh(url: str) -> bool:
    """`ssh://…`, or `host:path` by git's rule: a colon before the first slash."""
    if "://" in url:
        return "ssh" in urlsplit(url).scheme
    return ":" in url.partition("/")[0]
