"""Who is asked and told, and whether each answered the last time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge.observe.credentials import Credentials
from bridge.secrecy import redacted

Kind = Literal["prometheus", "alertmanager", "state repo", "reconciler"]
Health = Literal["ok", "failing", "unknown"]


@dataclass(slots=True)
class Source:
    """One of them; nothing was heard of it before its first answer."""

    kind: Kind
    name: str
    where: str = ""
    answered: datetime | None = None
    failed: datetime | None = None
    error: str = ""
    """Of the last time; empty where it answered."""

    @property
    def health(self) -> Health:
        """Of the last time that it was asked."""
        if self.error:
            return "failing"
        return "ok" if self.answered else "unknown"

    def heard(self, error: str, at: datetime) -> None:
        """It answered, or an error came in its stead."""
        self.error = redacted(error)
        if error:
            self.failed = at
        else:
            self.answered = at


class Sources:
    """All of one process, in the order in which they were named."""

    def __init__(self) -> None:
        self._known: dict[tuple[Kind, str], Source] = {}
        self.credentials = Credentials()

    def named(self, kind: Kind, name: str, where: str = "") -> Source:
        """The one of that name; made at the first mention."""
        return self._known.setdefault((kind, name), Source(kind, name, redacted(where)))

    def listening(self, source: Source, clock: Callable[[], datetime]) -> Callable[[str], None]:
        """For who asks it: to be called with an error, or an empty text."""
        return lambda error: source.heard(error, clock())

    @property
    def all(self) -> list[Source]:
        """Those that were named."""
        return list(self._known.values())
