"""A bare mirror of one branch: a cache that may vanish or break at any time, and never a memory."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from bridge.errors import RemoteUnavailable
from bridge.repo.credentials import credentials
from bridge.repo.fast_import import Draft, stream
from bridge.repo.git import Git, GitFailed, GitTimeout
from bridge.repo.log import commits, log_format
from bridge.repo.merges import with_brought
from bridge.repo.mirror_folder import MirrorFolder
from bridge.repo.remote import mirror_is_broken, network_error, push_error
from bridge.repo.snapshot import Commit, File, Snapshot
from bridge.repo.walk import Walk
from bridge.settings import StateRepoSettings

_TIP = "refs/scalebridge/tip"
_REGULAR = ("100644", "100755")
_Answer = TypeVar("_Answer")


class Mirror:
    """Blocking; use from one thread at a time."""

    def __init__(self, settings: StateRepoSettings) -> None:
        self._settings = settings
        self._branch = f"refs/heads/{settings.branch}"
        self._folder = MirrorFolder(settings)
        self._git = Git(self._folder.path, self._folder.claim)
        self._walk = Walk(self._page)

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
        """The commits of the branch since then, newest first; a merge counts as one.

        Not `--since`, which ends at the first old date: one slow clock would hide the rest.
        """
        return self._mended(lambda: self._walk.since(tip, since))

    def page(self, start: str, count: int) -> list[Commit]:
        """At most so many commits of the branch from this one on, newest first, as dated."""
        return self._mended(lambda: self._page(start, count))

    def _page(self, start: str, count: int) -> list[Commit]:
        merges = ("--first-parent", "--diff-merges=first-parent", "--raw", "--no-abbrev")
        log = self._log(*merges, "--no-renames", f"-n{count}", start)
        if not any(len(commit.parents) > 1 for commit in log):
            return log
        before = [f"^{parent}" for parent in log[-1].parents[:1]]
        return with_brought(log, self._log("--topo-order", "--no-patch", start, *before))

    def _log(self, *arguments: str) -> list[Commit]:
        boundary = secrets.token_hex(16)
        log = self._git.run("log", "-z", f"--format={log_format(boundary)}", *arguments)
        return commits(log.decode(errors="surrogateescape"), boundary)

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
                self._walk.forget()
            self._look()
            return ask()
        except (GitFailed, GitTimeout, OSError) as failure:
            raise RemoteUnavailable(f"the mirror of {self._settings.url}: {failure}") from failure
