"""The branch's log as the mirror has it, which is deepened as far back as is asked."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from bridge.errors import RemoteUnavailable
from bridge.repo.git import Git, GitFailed
from bridge.repo.log import commits, log_format
from bridge.repo.snapshot import Commit
from bridge.repo.upstream import Upstream

FEWEST_WALKED: Final = 100
_FARTHEST_SEARCHED = 25_600


class Past:
    """Of one mirror.

    Raises:
        RemoteRefused, RemoteUnavailable: more was asked for than is there, and can't be had.
        GitFailed: the mirror is broken.
    """

    def __init__(self, git: Git, upstream: Upstream, folder: Path) -> None:
        self._git = git
        self._upstream = upstream
        self._folder = folder

    def history(self, tip: str, since: datetime) -> list[Commit]:
        """The commits of the branch since then, newest first; a merge counts as one."""
        if not (count := self._commits_since(tip, since.timestamp())):
            return []
        boundary = secrets.token_hex(16)
        log = self._git.run(
            "log",
            "-z",
            "--first-parent",
            "--diff-merges=first-parent",
            "--raw",
            "--no-abbrev",
            "--no-renames",
            f"--format={log_format(boundary)}",
            f"-n{count}",
            tip,
        )
        return commits(log.decode(errors="surrogateescape"), boundary)

    def _commits_since(self, tip: str, since: float) -> int:
        """How many commits reach back to the oldest that is recent.

        Not `--since`, which ends at the first old date: one slow clock would hide the rest. Nor
        does the remote cut by date (`--shallow-since`), for the same reason.
        """
        limit = FEWEST_WALKED
        while True:
            times, whole = self._times(tip, limit)
            if len(times) < limit and not whole:
                self._upstream.deepen(tip, limit)
                times, whole = self._times(tip, limit)
            reach = max((n for n, time in enumerate(times, 1) if time >= since), default=0)
            if reach <= limit // 2 or (len(times) < limit and whole):
                return reach
            limit *= 4

    def _times(self, tip: str, limit: int) -> tuple[list[int], bool]:
        """When each of the newest commits was made; whether the last has no parent anywhere."""
        log = self._git.run("log", "--first-parent", "--format=%H %ct", f"-n{limit}", tip)
        found = [line.split() for line in log.decode().splitlines()]
        return [int(time) for _, time in found], found[-1][0] not in self._cut()

    def _cut(self) -> set[str]:
        """The commits whose parents the mirror has not."""
        with suppress(FileNotFoundError):
            return set((self._folder / "shallow").read_text("ascii").split())
        return set()

    def earlier(self, tip: str, path: str, limit: int) -> list[str]:
        """Blob ids that the file had before the tip, newest first, as far as can be found out."""
        depth = FEWEST_WALKED
        while len(found := self._earlier(tip, path, limit)) < limit:
            depth *= 4
            if depth > _FARTHEST_SEARCHED or not self._cut():
                break
            try:
                self._upstream.deepen(tip, depth)
            except (GitFailed, RemoteUnavailable):
                break
        return found

    def _earlier(self, tip: str, path: str, limit: int) -> list[str]:
        log = self._git.run(
            "log",
            "--format=",
            "--raw",
            "--no-abbrev",
            "--no-renames",
            f"-n{limit}",
            tip,
            "--",
            path,
        )
        blobs = [line.split()[2] for line in log.decode(errors="replace").splitlines() if line]
        return [blob for blob in blobs if blob.strip("0")]
