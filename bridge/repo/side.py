"""Branches of our own beside the shared one, for pull requests. These may be forced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bridge.repo.git import Git, GitFailed
from bridge.repo.log import date_of
from bridge.repo.trailers import SCALED_BY, ScaleDecision, scale_decisions
from bridge.repo.upstream import Upstream

_KEPT: Final = "refs/scalebridge/side/"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest commit of a branch of ours."""

    sha: str
    parent: str
    at: datetime
    message: str

    @property
    def ours(self) -> bool:
        """False where a person committed on our branch."""
        return f"\n{SCALED_BY}: " in self.message

    @property
    def decisions(self) -> tuple[ScaleDecision, ...]:
        """What it would do."""
        return tuple(scale_decisions(self.message))


class SideBranches:
    """Blocking.

    Raises:
        PushRejected, RemoteRefused, RemoteUnavailable: see there.
    """

    def __init__(self, git: Git, upstream: Upstream) -> None:
        self._git = git
        self._upstream = upstream

    def tips(self, folder: str) -> dict[str, str]:
        """The commit of each branch below this folder, by its name without the folder."""
        prefix = f"refs/heads/{folder}/"
        told = self._upstream.ask("ls-remote", "origin", f"{prefix}*")
        pairs = (line.split("\t", 1) for line in told.decode(errors="replace").splitlines())
        return {ref.removeprefix(prefix): sha for sha, ref in pairs if ref.startswith(prefix)}

    def head(self, branch: str, tip: str) -> Head:
        """The branch's newest commit, fetched where the mirror has it not."""
        try:
            raw = self._git.run("cat-file", "commit", tip)
        except GitFailed:
            self._upstream.bring(f"+refs/heads/{branch}:{_KEPT}{branch}")
            tip = self._git.run("rev-parse", f"{_KEPT}{branch}").decode().strip()
            raw = self._git.run("cat-file", "commit", tip)
        return _head(tip, raw.decode(errors="replace"))

    def paths_between(self, older: str, newer: str) -> set[str] | None:
        """Which files differ between two commits; None where the mirror can't tell."""
        try:
            told = self._git.run("diff-tree", "-r", "-z", "--name-only", older, newer)
        except GitFailed:
            return None
        return {path.decode(errors="surrogateescape") for path in told.split(b"\0") if path}

    def push(self, commit: str, branch: str, tip: str, options: Sequence[str]) -> None:
        """Moves our branch from where it was (empty: nowhere) to the commit, by force."""
        ref = f"refs/heads/{branch}"
        flags = [f"--push-option={option}" for option in options]
        lease = f"--force-with-lease={ref}:{tip}"
        common = ("push", "--porcelain", "--no-verify", lease, *flags, "origin")
        self._upstream.ask(*common, f"{commit}:{ref}")

    def try_push(self, commit: str, branch: str) -> None:
        """All of a push to a new branch but the push: whether the remote lets us write."""
        ref = f"refs/heads/{branch}"
        self._upstream.ask(
            "push", "--dry-run", "--porcelain", "--no-verify", "origin", f"{commit}:{ref}"
        )

    def delete(self, branch: str, tip: str) -> None:
        """Ends our branch, if it is still there."""
        self.push("", branch, tip, ())


def _head(sha: str, raw: str) -> Head:
    headers, _, message = raw.partition("\n\n")
    fields: Mapping[str, str] = {
        name: value for name, _, value in (line.partition(" ") for line in headers.splitlines())
    }
    at = date_of(fields["committer"].split()[-2])
    return Head(sha, fields.get("parent", ""), at, message)
