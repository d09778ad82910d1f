"""The actions of the page and the API, whoever carries them out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Of which target an action is, who asks for it, and why."""

    repo: str
    target: str
    policy: str
    by: str
    reason: str = ""


class Actions(Protocol):
    """Returns the commit it made, or None where there was nothing to do.

    Raises:
        BridgeError: nothing was done; the text says why.
        TimeoutError: it was not done in time.
    """

    async def release(self, whose: Whose) -> str | None:
        """Ends a hold or a pause."""

    async def pause(self, whose: Whose, until: datetime) -> str | None:
        """Keeps the count until then; `until` is known to be a time that a pause can end at."""

    async def evaluate(self, whose: Whose) -> None:
        """Looks at the branch, asks the metrics and decides."""
