"""Edits to a draft of the commit that makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.commit.edits import Dropped, Edit, spliced
from bridge.commit.message import commit_message
from bridge.decide.decision import Decision
from bridge.repo.fast_import import Draft, Identity
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo


@dataclass(frozen=True, slots=True)
class Drafted:
    """The commit of the edits that could be made, if any, and the decisions of the others."""

    draft: Draft | None
    edits: Sequence[Edit]
    dropped: Sequence[Dropped]

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Those that the commit makes true."""
        return tuple(edit.decision for edit in self.edits)


class Drafts:
    """By one author, at the time of the clock."""

    def __init__(self, repo: StateRepo, author: Identity, clock: Callable[[], datetime]) -> None:
        self._repo = repo
        self._author = author
        self.clock = clock

    async def of(self, edits: Sequence[Edit], snapshot: Snapshot) -> Drafted:
        """A commit of these edits on the snapshot; a large batch stalls nobody."""
        before = await originals(self._repo, snapshot, edits)
        splice, message = await asyncio.gather(
            asyncio.to_thread(spliced, edits, before), asyncio.to_thread(_message, edits)
        )
        if not splice.edits:
            return Drafted(None, (), splice.dropped)
        if splice.dropped:
            message = _message(splice.edits)
        draft = Draft(snapshot.tip, message, self._author, self.clock(), splice.contents)
        return Drafted(draft, splice.edits, splice.dropped)


def _message(edits: Sequence[Edit]) -> str:
    return commit_message([edit.decision for edit in edits])


async def originals(repo: StateRepo, snapshot: Snapshot, edits: Sequence[Edit]) -> dict[str, bytes]:
    """The files that the edits touch, as they are at the snapshot, by path."""
    blobs = {edit.place.path: snapshot.files[edit.place.path].blob for edit in edits}
    contents = await repo.read(sorted(set(blobs.values())))
    return {path: contents[blob] for path, blob in blobs.items()}
