"""Who makes a commit and moves a branch to it: git, with a push."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.errors import RemoteUnavailable
from bridge.repo.fast_import import Draft
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo


@dataclass(frozen=True, slots=True)
class Side:
    """A branch of our own, where it is now (empty: nowhere), and what to tell with a push."""

    branch: str
    tip: str = ""
    options: Sequence[str] = ()


class Writer(Protocol):
    """Turns a draft on a snapshot into a commit at the remote; returns its id.

    Raises:
        PushRejected, RemoteRefused, RemoteUnavailable: see there.
    """

    async def to_branch(self, draft: Draft, snapshot: Snapshot) -> str:
        """Onto the shared branch, if it still is where the draft begins."""

    async def to_side(self, draft: Draft, snapshot: Snapshot, side: Side) -> str:
        """Onto a branch of our own, in place of what was there."""

    def refusal(self, path: str, snapshot: Snapshot) -> str:
        """Why it can't write another version of this file; empty where it can."""


class GitWriter:
    """See `Writer`."""

    def __init__(self, repo: StateRepo) -> None:
        self._repo = repo

    async def to_branch(self, draft: Draft, snapshot: Snapshot) -> str:
        """Commits and pushes; where the answer to the push was lost, the branch tells."""
        commit = await self._repo.commit(draft, snapshot)
        try:
            await self._repo.push(commit, draft.parent)
        except RemoteUnavailable:
            tip = (await self._repo.look()).tip
            if not await self._repo.includes(tip, commit):  # a rival may have built on it since
                raise
        return commit

    async def to_side(self, draft: Draft, snapshot: Snapshot, side: Side) -> str:
        """Commits and pushes, with a lease on where our branch was."""
        commit = await self._repo.commit(draft, snapshot)
        await self._repo.at_side(
            lambda sides: sides.push(commit, side.branch, side.tip, side.options)
        )
        return commit

    def refusal(self, path: str, snapshot: Snapshot) -> str:  # noqa: ARG002 - git keeps all as is
        """None."""
        return ""
