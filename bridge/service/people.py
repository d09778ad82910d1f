"""How the counts moved of late, and what people ordered by it: read from the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.decide.override import Override, Turn, rivals
from bridge.manifest.index import count_among, workloads_in
from bridge.manifest.target import Target
from bridge.manifest.workload import Workload
from bridge.policy.model import ScalingPolicy
from bridge.repo.snapshot import Change, Commit
from bridge.repo.state_repo import StateRepo
from bridge.repo.trailers import ScaleDecision

Touched = Mapping[str, Mapping[int, Change]]
"""By path, what each commit did to it, by the commit's place in the log, newest first."""


@dataclass(frozen=True, slots=True)
class Managed:
    """A policy, its own file (None for a local folder), and the file of its target's count."""

    policy: ScalingPolicy
    policy_path: str | None
    path: str

    @property
    def target(self) -> Target:
        """Whose count it is."""
        return self.policy.target


@dataclass(frozen=True, slots=True)
class Moved:
    """A commit that changed a target's count; `place` is the commit's in the log, 0 the newest."""

    place: int
    commit: Commit
    before: int
    after: int

    def decision(self, target: Target) -> ScaleDecision | None:
        """The decision of ours that made it; None where the trailers don't say just this."""
        for made in self.commit.decisions:
            if (made.target, made.from_, made.to) == (str(target), self.before, self.after):
                return made
        return None

    def turn(self, target: Target) -> Turn:
        """Whose doing it was."""
        made, author = self.decision(target), self.commit.author
        by = f"policy {made.policy} ({author})" if made else author
        return Turn(self.commit.at, by, self.after - self.before)


class CountLog:
    """The counts that the log's blobs held; each blob is read and parsed once."""

    def __init__(self, repo: StateRepo) -> None:
        self._repo = repo
        self._known: dict[str, tuple[Workload, ...]] = {}

    async def moves(
        self, managed: Sequence[Managed], history: Sequence[Commit]
    ) -> dict[Target, list[Moved]]:
        """The changes of each target's count, newest first, where its file was moved too.

        A file that comes or goes changes no count; neither does one that has no single count.
        """
        touched = _touched(history)
        paths = {item.path for item in managed}
        await self._learn(set(_blobs(paths, touched, history)))
        return {item.target: list(self._moves(item, touched, history)) for item in managed}

    async def _learn(self, blobs: set[str]) -> None:
        contents = await self._repo.read(sorted(blobs - self._known.keys()))
        parsed = {blob: workloads_in(content) for blob, content in contents.items()}
        self._known = {blob: self._known.get(blob) or parsed.get(blob, ()) for blob in blobs}

    def _count(self, blob: str | None, target: Target) -> int | None:
        return count_among(self._known[blob], target) if blob else None

    def _moves(self, item: Managed, touched: Touched, history: Sequence[Commit]) -> Iterator[Moved]:
        path: str | None = item.path
        newest = -1
        while path is not None:
            changes, path = touched.get(path, {}), None
            for place in (place for place in changes if place > newest):
                commit, change = history[place], changes[place]
                source = self._moved_from(commit, item.target) if change.before is None else None
                before = self._count((source or change).before, item.target)
                after = self._count(change.after, item.target)
                if before is not None and after is not None and before != after:
                    yield Moved(place, commit, before, after)
                if source:
                    path, newest = source.path, place
                    break

    def _moved_from(self, commit: Commit, target: Target) -> Change | None:
        """The file that held the count before this commit put it elsewhere."""
        gone = (change for change in commit.changes if change.after is None)
        return next((c for c in gone if self._count(c.before, target) is not None), None)


def _touched(history: Sequence[Commit]) -> Touched:
    touched: dict[str, dict[int, Change]] = defaultdict(dict)
    for place, commit in enumerate(history):
        for change in commit.changes:
            touched[change.path][place] = change
    return touched


def _blobs(paths: set[str], touched: Touched, history: Sequence[Commit]) -> Iterator[str]:
    """What the files held, and the files that they may have been before they were moved."""
    waiting, seen = list(paths), set(paths)
    while waiting:
        for place, change in touched.get(waiting.pop(), {}).items():
            yield from filter(None, (change.before, change.after))
            if change.before is None:
                gone = {other.path for other in history[place].changes if other.after is None}
                waiting += gone - seen
                seen |= gone


def overrides(
    managed: Iterable[Managed],
    moves: Mapping[Target, Sequence[Moved]],
    history: Sequence[Commit],
) -> dict[Target, Override]:
    """What people ordered by the newest change of each target's count, or who fights over it.

    A later (or the same) change of the policy's file is a newer order, and so is a release.
    """
    touched = _touched(history)
    released: dict[str, int] = {}
    for place, commit in enumerate(history):
        for release in commit.releases:
            released.setdefault(release.target, place)
    found = {}
    for item in managed:
        newer = min(
            next(iter(touched.get(item.policy_path or "", ())), len(history)),
            released.get(str(item.target), len(history)),
        )
        standing = [moved for moved in moves[item.target] if moved.place < newer]
        if order := _order(item.target, standing):
            found[item.target] = order
    return found


def _order(target: Target, moves: Sequence[Moved]) -> Override | None:
    if not moves:
        return None
    newest = moves[0]
    fighting = rivals([moved.turn(target) for moved in moves])
    if newest.decision(target) and not fighting:
        return None
    commit = newest.commit
    return Override(commit.at, commit.author, commit.sha, newest.after, fighting)
