"""Running git: in one repository, without the user's config, hooks or prompts, within a time."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import git

from bridge.repo.credentials import Credentials

_Process = git.Git.AutoInterrupt

_ISOLATION = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_ADVICE": "0",
    "GIT_LITERAL_PATHSPECS": "1",
}
_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.askPass": "true",
    "credential.helper": "",
    "fastimport.unpackLimit": "1",  # a commit is one pack: unpacking it would be a process more
    "gc.auto": "2000",
    "gc.autoDetach": "false",
    "maintenance.auto": "false",
    "protocol.ext.allow": "never",
    "advice.pushNonFastForward": "false",
}


class GitFailed(Exception):
    """A git command's exit code was not 0. Never shown as it is: callers say what it means."""

    def __init__(self, command: str, status: int, output: str, error: str) -> None:
        super().__init__(f"git {command} failed ({status}): {error.strip() or output.strip()}")
        self.output = output
        self.error = error


class GitTimeout(Exception):
    """A git command took too long, or we are closing; it and its children were killed."""


def forget_callers_repository() -> None:
    """Drops the GIT_* variables of a caller (a hook, a rebase) from our environment.

    GitPython hands all of `os.environ` to git, and can add variables but not take any away.
    """
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]


class Git:
    """git in one bare repository. Commands inherit the open file `claim`, a lock on it."""

    def __init__(self, directory: Path, claim: int) -> None:
        forget_callers_repository()
        self._claim = claim
        self._git = git.Git(directory)
        self._git.update_environment(**_ISOLATION, GIT_DIR=str(directory))
        self._running: set[int] = set()
        self._closing = False

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        timeout: float = 60.0,
        credentials: Credentials | None = None,
    ) -> bytes:
        """What the command writes to its standard output.

        Raises:
            GitFailed, GitTimeout: see there.
        """
        process = self._started(arguments, credentials or Credentials())
        try:
            output, error = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired as expired:
            raise GitTimeout(f"git {arguments[0]} took over {timeout:g} s") from expired
        finally:
            _end(process)
            self._running.discard(process.pid)
        if process.returncode and self._closing:
            raise GitTimeout(f"git {arguments[0]} was ended: closing")
        if process.returncode:
            texts = output.decode(errors="replace"), error.decode(errors="replace")
            raise GitFailed(arguments[0], process.returncode, *texts)
        return bytes(output)

    def _started(self, arguments: Sequence[str], credentials: Credentials) -> _Process:
        """The process; ended at once where we are closing."""
        config = _as_variables({**_CONFIG, **credentials.config})
        try:
            process = self._git.execute(
                ["git", *arguments],
                istream=subprocess.PIPE,
                as_process=True,
                env={**credentials.environment, **config},
                start_new_session=True,
                pass_fds=(self._claim,),
            )
        except git.GitCommandNotFound as missing:  # git, or the folder it is to run in
            raise GitFailed(arguments[0], 127, "", str(missing.__cause__)) from missing
        self._running.add(process.pid)
        if self._closing:
            self.kill()
        return process

    def kill(self) -> None:
        """Ends what runs now and later: a thread that waits for a dead remote comes back."""
        self._closing = True
        for pid in list(self._running):
            _kill(pid)


def _end(process: _Process) -> None:
    """What still runs is killed, and its pipes are closed."""
    if process.proc is None or process.poll() is not None:
        return
    _kill(process.pid)
    process.proc.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()  # not read to its end: a shared SSH connection may hold it open


def _as_variables(config: Mapping[str, str]) -> dict[str, str]:
    """Configuration for one git process, out of sight of `ps`."""
    variables = {"GIT_CONFIG_COUNT": str(len(config))}
    for position, (key, value) in enumerate(config.items()):
        variables |= {f"GIT_CONFIG_KEY_{position}": key, f"GIT_CONFIG_VALUE_{position}": value}
    return variables


def _kill(leader: int) -> None:
    """Kills a command with its children: `git push` runs git-remote-https or ssh."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
