"""The branch's log, read once: as the branch moves, only what is new is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bridge.repo.log import dated, without_copies
from bridge.repo.snapshot import Commit

FEWEST_WALKED = 100

Page = Callable[[str, int], list[Commit]]
"""At most so many commits of the first-parent log from one on, newest first."""


class Walk:
    """Remembers what it read; a mere cache, as the mirror is."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._read: list[Commit] = []
        self._farthest = FEWEST_WALKED

    def forget(self) -> None:
        """The mirror was made anew."""
        self._read = []

    def since(self, tip: str, since: datetime) -> list[Commit]:
        """The commits since then, newest first.

        Read until none is recent in the older half: one slow clock must not hide the rest.
        """
        if not self._read or self._read[0].sha != tip:
            self._read = self._from(tip)
        while (reach := self._reach(since)) > len(self._read) // 2:
            if not (parents := self._read[-1].parents):
                break
            self._read += self._page(parents[0], 3 * len(self._read))
        self._farthest = max(self._farthest, reach)
        self._read = self._read[: 4 * self._farthest]
        return dated(without_copies(self._read[:reach]))

    def _from(self, tip: str) -> list[Commit]:
        """A page, and what was read before where the page leads to it."""
        page = self._page(tip, FEWEST_WALKED)
        known = {commit.sha: place for place, commit in enumerate(self._read)}
        for place, commit in enumerate(page):
            if commit.sha in known:
                return page[:place] + self._read[known[commit.sha] :]
        return page

    def _reach(self, since: datetime) -> int:
        recent = (place for place, commit in enumerate(self._read, 1) if commit.at >= since)
        return max(recent, default=0)
