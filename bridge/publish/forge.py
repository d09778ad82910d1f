"""Pull requests as any forge has them. A forge's state is asked for each time; we keep none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.commit.proposal import Text


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One that was opened for a branch of ours."""

    name: str
    """As people write it, `#12`; a forge may not tell."""
    url: str
    body: str = ""
    closed_at: datetime | None = None
    """When it was closed without being merged; None while it is open."""
    key: object = None
    """What the forge needs to find it again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the forge knows of a branch: the open one, and those closed unmerged, newest first."""

    open: PullRequest | None = None
    closed: Sequence[PullRequest] = ()


class Forge(Protocol):
    """Blocking; one thread at a time.

    Raises:
        ConfigInvalid, RemoteRefused, RemoteUnavailable: see there.
    """

    def seen(self, branch: str, *, exists: bool) -> Seen:
        """What became of the branch so far; `exists` says whether it is there."""

    def push_options(self, text: Text, *, exists: bool) -> Sequence[str]:
        """What to tell the forge with a push of the branch."""

    def open(self, branch: str, text: Text) -> PullRequest:
        """Opens one for the branch, which was pushed before."""

    def rewrite(self, request: PullRequest, text: Text, head: str) -> PullRequest:
        """Gives it the text of its new head."""

    def outdated(self, request: PullRequest) -> bool:
        """Whether it can only be merged after it was built anew on the base's tip."""

    def close(self, request: PullRequest, body: str) -> None:
        """Closes it with this body; its branch is deleted afterwards."""
