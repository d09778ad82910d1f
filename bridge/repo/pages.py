"""The branch's log in pages, deeper than the mirror where need be."""

from __future__ import annotations

import secrets
import sys
from contextlib import suppress
from pathlib import Path

from bridge.repo.git import Git, GitFailed
from bridge.repo.log import commits, log_format
from bridge.repo.merges import with_brought
from bridge.repo.snapshot import Commit
from bridge.repo.upstream import Upstream


class Pages:
    """Asks git each time; what was read is remembered elsewhere, in the walk."""

    def __init__(self, git: Git, upstream: Upstream, folder: Path) -> None:
        self._git = git
        self._upstream = upstream
        self._folder = folder

    def page(self, start: str, count: int, tip: str) -> list[Commit]:
        """At most so many commits from `start` on, newest first; the mirror goes on from `tip`."""
        self._reach(start, count, tip)
        merges = ("--first-parent", "--diff-merges=first-parent", "--raw", "--no-abbrev")
        log = self._log(*merges, "--no-renames", f"-n{count}", start)
        if not any(len(commit.parents) > 1 for commit in log):
            return log
        before = [f"^{parent}" for parent in log[-1].parents[:1]]
        return with_brought(log, self._log("--topo-order", "--no-patch", start, *before))

    def _reach(self, start: str, count: int, tip: str) -> None:
        """Brings so many commits from one on, and the parent of the last; or as many again as are
        here, so that a log that is read to its end costs few fetches.

        One without its parent would pass for the branch's first, which made every file.
        """
        if (cut := self.cut()) and self._first_parents(start, count)[-1] in cut:
            here = len(self._first_parents(tip, sys.maxsize))
            self._upstream.deepen(tip, here + max(count, here))

    def _first_parents(self, start: str, count: int) -> list[str]:
        arguments = ("rev-list", "--first-parent", f"--max-count={count}", start)
        return self._git.run(*arguments).decode().split()

    def _log(self, *arguments: str) -> list[Commit]:
        boundary = secrets.token_hex(16)
        log = self._git.run("log", "-z", f"--format={log_format(boundary)}", *arguments)
        return commits(log.decode(errors="surrogateescape"), boundary)

    def includes(self, revision: str, commit: str) -> bool:
        """Whether it is that commit, or comes after it; not where the mirror lacks either."""
        try:
            self._git.run("merge-base", "--is-ancestor", commit, revision)
        except GitFailed:
            return False
        return True

    def cut(self) -> set[str]:
        """The commits whose parents the mirror has not."""
        with suppress(FileNotFoundError):
            return set((self._folder / "shallow").read_text("ascii").split())
        return set()

    def blobs_at(self, path: str, tip: str, limit: int) -> list[str]:
        """Blob ids that a file had before the tip, newest first, as far as the mirror goes."""
        raw = ("--format=", "--raw", "--no-abbrev", "--no-renames")
        log = self._git.run("log", *raw, f"-n{limit}", tip, "--", path)
        blobs = [line.split()[2] for line in log.decode(errors="replace").splitlines() if line]
        return [blob for blob in blobs if blob.strip("0")]
