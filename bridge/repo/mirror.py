"""A bare mirror of one branch: a cache that may vanish or break at any time, and never a memory."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from bridge.errors import RemoteUnavailable
from bridge.manifest.tree import MAX_BYTES
from bridge.repo.credentials import credentials
from bridge.repo.fast_import import Draft, stream
from bridge.repo.git import Git, GitFailed, GitTimeout
from bridge.repo.log import commits, log_format
from bridge.repo.mirror_folder import MirrorFolder
from bridge.repo.remote import mirror_is_broken, network_error, push_error
from bridge.repo.snapshot import Commit, File, Snapshot
from bridge.settings import StateRepoSettings

_TIP = "refs/scalebridge/tip"
_FEWEST_WALKED = 100
_REGULAR = ("100644", "100755")
_Answer = TypeVar("_Answer")


class Mirror:
    """Blocking; use from one thread at a time."""

    def __init__(self, settings: StateRepoSettings) -> None:
        self._settings = settings
        self._branch = f"refs/heads/{settings.branch}"
        self._folder = MirrorFolder(settings)
        self._git = Git(self._folder.path, self._folder.claim)

    def close(self) -> None:
        """Ends running git commands and lets others have the folder."""
        self._git.kill()
        self._folder.release()

    def look(self) -> Snapshot:
        """Fetches the branch and lists its tip.

        Raises:
            RemoteRefused, RemoteUnavailable: see there.
        """
        return self._mended(self._look)

    def _look(self) -> Snapshot:
        if not (self._folder.path / "HEAD").exists():
            self._folder.prepare()
            self._git.run("init", "--quiet", "--bare")
        self._fetch()
        tip = self._git.run("rev-parse", "--verify", f"{_TIP}^{{commit}}").decode().strip()
        return Snapshot(tip, dict(self._files(tip)))

    def _fetch(self) -> None:
        refspec = f"+{self._branch}:{_TIP}"
        options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]
        try:
            self._over_network("fetch", *options, "--end-of-options", self._settings.url, refspec)
        except GitFailed as failure:
            if mirror_is_broken(failure):
                raise
            raise network_error(failure, self._settings.url) from failure

    def _over_network(self, *arguments: str) -> bytes:
        limit = self._settings.timeout
        try:
            given = credentials(self._settings)
            return self._git.run(*arguments, timeout=limit, credentials=given)
        except GitTimeout as slow:
            raise RemoteUnavailable(f"{self._settings.url}: {slow}") from slow

    def _files(self, tip: str) -> Iterator[tuple[str, File]]:
        listing = self._git.run("ls-tree", "-r", "-z", "--full-tree", tip)
        for entry in filter(None, listing.split(b"\0")):
            facts, _, path = entry.partition(b"\t")
            mode, _, blob = facts.decode().split(" ")
            if mode in _REGULAR:
                yield path.decode(errors="surrogateescape"), File(mode, blob)

    def read(self, blobs: Sequence[str]) -> dict[str, bytes]:
        """Contents by blob id."""
        return self._mended(lambda: dict(self._contents(blobs)))

    def contents(self, blobs: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        """Contents by blob id, a bounded amount at a time; None for a file over the limit."""
        for group in self._mended(lambda: list(self._groups(blobs))):
            if len(group) == 1 and group[0][1] > MAX_BYTES:
                yield group[0][0], None
            else:
                yield from self.read([blob for blob, _ in group]).items()

    def _groups(self, blobs: Sequence[str]) -> Iterator[list[tuple[str, int]]]:
        """Blobs with their sizes, of which each group fits into memory."""
        asked = "\n".join([*blobs, ""]).encode()
        answer = self._git.run("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=asked)
        group: list[tuple[str, int]] = []
        total = 0
        for line in answer.decode().splitlines():
            blob, size = line.split(" ")
            if size == "missing":
                raise GitFailed("cat-file", 1, "", line)
            if group and total + int(size) > MAX_BYTES:
                yield group
                group, total = [], 0
            group.append((blob, int(size)))
            total += int(size)
        if group:
            yield group

    def _contents(self, blobs: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        answer = self._git.run("cat-file", "--batch", stdin="\n".join([*blobs, ""]).encode())
        position = 0
        for blob in blobs:
            header, _, _ = answer[position : position + 200].partition(b"\n")
            if len(header.split(b" ")) != 3:  # `<id> missing`
                raise GitFailed("cat-file", 1, "", header.decode(errors="replace"))
            start = position + len(header) + 1
            end = start + int(header.rpartition(b" ")[2])
            yield blob, answer[start:end]
            position = end + 1

    def history(self, tip: str, since: datetime) -> list[Commit]:
        """The commits of the branch since then, newest first; a merge counts as one."""
        return self._mended(lambda: self._history(tip, since))

    def _history(self, tip: str, since: datetime) -> list[Commit]:
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

        Not `--since`, which ends at the first old date: one slow clock would hide the rest.
        """
        limit = _FEWEST_WALKED
        while True:
            log = self._git.run("log", "--first-parent", "--format=%ct", f"-n{limit}", tip)
            times = [int(time) for time in log.split()]
            reach = max((n for n, time in enumerate(times, 1) if time >= since), default=0)
            if reach <= limit // 2 or len(times) < limit:
                return reach
            limit *= 4

    def earlier(self, tip: str, path: str, limit: int = 20) -> list[str]:
        """Blob ids that the file had before the tip, newest first."""
        return self._mended(lambda: self._earlier(tip, path, limit))

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

    def commit(self, draft: Draft, snapshot: Snapshot) -> str:
        """Writes the commit's objects into the mirror; returns its id."""
        modes = {path: snapshot.files[path].mode for path in draft.contents}
        commands = stream(draft, modes)
        arguments = ("fast-import", "--quiet", "--force")
        return self._mended(lambda: self._git.run(*arguments, stdin=commands).decode().strip())

    def push(self, commit: str, parent: str) -> None:
        """Moves the branch to the commit if it is exactly at the commit's parent.

        The lease on the parent is the compare-and-swap. A plain push would let in two more
        cases: a branch that was rewound (the commits taken out would come back) or deleted.

        Raises:
            PushRejected, RemoteRefused, RemoteUnavailable: see there.
        """
        options = ["--porcelain", "--no-verify", f"--force-with-lease={self._branch}:{parent}"]
        refspec = f"{commit}:{self._branch}"
        try:
            self._over_network("push", *options, "--end-of-options", self._settings.url, refspec)
        except GitFailed as failure:
            raise push_error(failure, self._settings.url) from failure
        with suppress(GitFailed, GitTimeout):  # the next look would find a mirror that is broken
            self._git.run("update-ref", _TIP, commit)
            self._git.run("gc", "--auto", "--quiet")

    def _mended(self, ask: Callable[[], _Answer]) -> _Answer:
        """A broken mirror is thrown away and built again, once."""
        try:
            try:
                return ask()
            except GitFailed:
                self._folder.empty()
            self._look()
            return ask()
        except (GitFailed, GitTimeout, OSError) as failure:
            raise RemoteUnavailable(f"the mirror of {self._settings.url}: {failure}") from failure
