"""A stretch of the log, newest first, with what has to be found in it quickly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath

from bridge.manifest.target import Target
from bridge.repo.snapshot import Change, Commit
from bridge.repo.trailers import ScaleDecision

Touched = Mapping[str, Mapping[int, Change]]
"""By path, what each commit did to it, by the commit's place in the log, newest first."""

_FEW = 20


class Stretch:
    """Each commit's changes and decisions are gone through once, however many targets ask."""

    def __init__(self, history: Sequence[Commit]) -> None:
        self.history = history
        self.touched = _touched(history)
        self._gone = cache(lambda place: _Gone(history[place]))
        self._made = cache(lambda place: _by_target(history[place]))

    def sources(self, place: int, change: Change) -> Sequence[Change]:
        """What a file that came in a commit may have been before: those that went.

        Of many, only those with its contents or its name.
        """
        return [] if change.before else self._gone(place).like(change)

    def made(self, place: int, target: Target, before: int, after: int) -> ScaleDecision | None:
        """The decision of ours in a commit that says just this; None without one."""
        for made in self._made(place).get(str(target), ()):
            if (made.from_, made.to) == (before, after):
                return made
        return None


class _Gone:
    """The files that a commit took away."""

    def __init__(self, commit: Commit) -> None:
        self._all = [change for change in commit.changes if not change.after]
        self._by_blob: dict[str | None, list[Change]] = defaultdict(list)
        self._by_name: dict[str, list[Change]] = defaultdict(list)
        for change in self._all:
            self._by_blob[change.before].append(change)
            self._by_name[PurePosixPath(change.path).name].append(change)

    def like(self, came: Change) -> list[Change]:
        if len(self._all) <= _FEW:
            return self._all
        named = self._by_name.get(PurePosixPath(came.path).name, [])
        return (self._by_blob.get(came.after, []) or named)[:_FEW]


def _by_target(commit: Commit) -> dict[str, list[ScaleDecision]]:
    found: dict[str, list[ScaleDecision]] = defaultdict(list)
    for made in commit.decisions:
        found[made.target].append(made)
    return found


def _touched(history: Sequence[Commit]) -> Touched:
    """What was done to each path, and by which commits."""
    touched: dict[str, dict[int, Change]] = defaultdict(dict)
    for place, commit in enumerate(history):
        for change in commit.changes:
            touched[change.path][place] = change
    return touched
