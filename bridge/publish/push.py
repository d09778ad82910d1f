"""What publishing came to, for those who tell others of it."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.commit.edits import Dropped
from bridge.decide.decision import Decision


@dataclass(frozen=True, slots=True)
class Push:
    """One commit on the branch."""

    before: str
    after: str
    subject: str
    files: tuple[str, ...]
    decisions: tuple[Decision, ...]
    races_lost: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a batch: a push unless nothing of it held any more."""

    push: Push | None
    dropped: tuple[Dropped, ...] = ()
