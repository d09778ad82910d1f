"""Pages made once for all who ask for the same: an event has every browser ask at one moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

LIFE_S: Final = 1.0
"""What changes without an event, such as a source's health, is seen so much later."""


class Made(NamedTuple):
    """A page's HTML, and the status it is answered with."""

    text: str
    status: int = 200


class Copies:
    """Those of the newest version, for a second."""

    def __init__(self) -> None:
        self._version = ""
        self._until = 0.0
        self._made: dict[str, Made] = {}

    def of(self, asked: str, version: str, now: float, make: Callable[[], Made]) -> Made:
        """What was made for this at that version; `now` is in seconds, of any clock."""
        if version != self._version or now >= self._until:
            self._version, self._until = version, now + LIFE_S
            self._made.clear()
        if asked not in self._made:
            self._made[asked] = make()
        return self._made[asked]
