"""The branch's log, read once: as the branch moves, only what is new is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bridge.repo.log import ENDLESS, believed, dated, without_copies
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

    def since(self, tip: str, since: datetime, now: datetime = ENDLESS) -> list[Commit]:
        """The commits since then, newest first.

        Read until none is recent in the older half: one slow clock must not hide the rest. By
        the same steps whatever is known already, so that all who ask are told the same.
        """
        if not self._read or self._read[0].sha != tip:
            self._read = self._from(tip)
        limit = FEWEST_WALKED
        while self._has(limit) and self._reach(limit, since, now) > limit // 2:
            limit *= 4
        reach = self._reach(limit, since, now)
        self._farthest = max(self._farthest, limit)
        self._read = self._read[: self._farthest]
        return dated(without_copies(self._read[:reach]), now)

    def _from(self, tip: str) -> list[Commit]:
        """A page, and what was read before where the page leads to it."""
        page = self._page(tip, FEWEST_WALKED)
        known = {commit.sha: place for place, commit in enumerate(self._read)}
        for place, commit in enumerate(page):
            if commit.sha in known:
                return page[:place] + self._read[known[commit.sha] :]
        return page

    def _has(self, count: int) -> bool:
        """Whether the log is that long; reads so far."""
        while len(self._read) < count and (parents := self._read[-1].parents):
            self._read += self._page(parents[0], count - len(self._read))
        return len(self._read) >= count

    def _reach(self, limit: int, since: datetime, now: datetime) -> int:
        dates = enumerate(believed(self._read[:limit], now), 1)
        return max((place for place, at in dates if at >= since), default=0)
