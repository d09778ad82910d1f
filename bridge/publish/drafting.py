"""Edits to a draft of the commit that makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from bridge.commit.edits import Edit, spliced
from bridge.commit.message import commit_message
from bridge.repo.fast_import import Draft, Identity
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo


class Drafts:
    """By one author, at the time of the clock."""

    def __init__(self, repo: StateRepo, author: Identity, clock: Callable[[], datetime]) -> None:
        self._repo = repo
        self._author = author
        self.clock = clock

    async def of(self, edits: Sequence[Edit], snapshot: Snapshot) -> Draft:
        """A commit of these edits on the snapshot; a large batch stalls nobody."""
        decisions = [edit.decision for edit in edits]
        contents, message = await asyncio.gather(
            self._contents(edits, snapshot), asyncio.to_thread(commit_message, decisions)
        )
        return Draft(snapshot.tip, message, self._author, self.clock(), contents)

    async def _contents(self, edits: Sequence[Edit], snapshot: Snapshot) -> dict[str, bytes]:
        before = await originals(self._repo, snapshot, edits)
        return await asyncio.to_thread(spliced, edits, before)


async def originals(repo: StateRepo, snapshot: Snapshot, edits: Sequence[Edit]) -> dict[str, bytes]:
    """The files that the edits touch, as they are at the snapshot, by path."""
    blobs = {edit.place.path: snapshot.files[edit.place.path].blob for edit in edits}
    contents = await repo.read(sorted(set(blobs.values())))
    return {path: contents[blob] for path, blob in blobs.items()}
