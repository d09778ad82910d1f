"""What publishing came to, for those who tell others of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.batch.budget import Budget
from bridge.commit.edits import Dropped
from bridge.decide.decision import Decision
from bridge.policy.model import ScalingPolicy


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
    budget: Budget | None = None
    """As it stood before the push, where the configuration limits commits."""
    waiting: tuple[Decision, ...] = ()
    """What still holds, and waits for the budget."""

    waits_until: datetime | None = None
    """When the budget has room for that."""


class Publisher(Protocol):
    """Makes of a batch what is to become of it; `policies` are those it was decided by, by title.

    Raises:
        PushRejected, RemoteRefused, RemoteUnavailable: see there.
    """

    async def publish(
        self, decisions: Sequence[Decision], policies: Mapping[str, ScalingPolicy]
    ) -> Published:
        """What became of it."""
