"""Each target's count in the log: which commits changed it, in whatever file it stood then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from bridge.decide.recall import Scaled
from bridge.manifest.locate import counts_in
from bridge.manifest.locator import Locator
from bridge.manifest.target import Target
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

    def as_change(self, target: Target) -> Scaled:
        """As the rules remember it."""
        ours = self.decision(target) is not None
        return Scaled(self.commit.at, self.after - self.before, self.after, ours=ours)


@dataclass(frozen=True, slots=True)
class Track:
    """The changes of a target's count in a stretch of the log, newest first."""

    item: Managed
    moves: tuple[Moved, ...]
    reach: int
    """Of how many of the stretch's commits it tells; the last brought the count, if not all."""
    before: Managed | None = None
    """Where it stood before the stretch."""


class _Trail(NamedTuple):
    """A track as far as it was followed: the file before the commit at `newest`."""

    item: Managed
    path: str
    newest: int
    moves: tuple[Moved, ...]


class _Version(NamedTuple):
    """A target's count in one version of a file."""

    blob: str
    path: str
    target: Target
    at: Locator | None


class CountLog:
    """The counts that the log's blobs held; each blob is read and parsed once."""

    def __init__(self, repo: StateRepo) -> None:
        self._repo = repo
        self._known: dict[_Version, int | None] = {}

    async def tracks(self, managed: Sequence[Managed], history: Sequence[Commit]) -> list[Track]:
        """Of each target, also through moves of its file.

        A file that comes or goes changes no count; neither does one that has no single count.
        """
        touched = touched_paths(history)
        known: dict[_Version, int | None] = {}
        trails = [_Trail(item, item.path, -1, ()) for item in managed]
        found: list[Track] = []
        while trails:
            asked = {one for trail in trails for one in _versions(trail, touched, history)}
            known |= await self._learned(asked)
            followed = [_followed(trail, touched, history, known) for trail in trails]
            found += [one for one in followed if isinstance(one, Track)]
            trails = [one for one in followed if isinstance(one, _Trail)]
        self._known = known
        return found

    async def _learned(self, asked: set[_Version]) -> dict[_Version, int | None]:
        known = {one: self._known[one] for one in asked if one in self._known}
        unknown: dict[tuple[str, str], list[Target]] = defaultdict(list)
        for one in asked - known.keys():
            unknown[one.blob, one.path].append(one.target)
        contents = await self._repo.read(sorted({blob for blob, _ in unknown}))
        for (blob, path), targets in unknown.items():
            counts = counts_in(contents[blob], path, targets)
            known |= {_version(blob, path, target): counts.get(target) for target in targets}
        return known


def _version(blob: str, path: str, target: Target) -> _Version:
    return _Version(blob, path, target, target.at)


def touched_paths(history: Sequence[Commit]) -> Touched:
    """What was done to each path, and by which commits."""
    touched: dict[str, dict[int, Change]] = defaultdict(dict)
    for place, commit in enumerate(history):
        for change in commit.changes:
            touched[change.path][place] = change
    return touched


def _changes(trail: _Trail, touched: Touched) -> Iterator[tuple[int, Change]]:
    for place, change in touched.get(trail.path, {}).items():
        if place > trail.newest:
            yield place, change


def _sources(change: Change, commit: Commit) -> list[Change]:
    """What a file that came may have been before: those that went."""
    return [gone for gone in commit.changes if not gone.after] if not change.before else []


def _versions(trail: _Trail, touched: Touched, history: Sequence[Commit]) -> Iterator[_Version]:
    target = trail.item.target
    for place, change in _changes(trail, touched):
        for blob in filter(None, (change.before, change.after)):
            yield _version(blob, change.path, target)
        for gone in _sources(change, history[place]):
            yield _version(gone.before or "", gone.path, target)


def _followed(
    trail: _Trail,
    touched: Touched,
    history: Sequence[Commit],
    known: Mapping[_Version, int | None],
) -> Track | _Trail:
    """To the stretch's end, or to where the count was brought from another file."""
    item, moves = trail.item, list(trail.moves)

    def count(blob: str | None, path: str) -> int | None:
        return known[_version(blob, path, item.target)] if blob else None

    for place, change in _changes(trail, touched):
        sources = _sources(change, history[place])
        came = [gone for gone in sources if count(gone.before, gone.path) is not None]
        source = came[0] if came else change
        before, after = count(source.before, source.path), count(change.after, change.path)
        if before is not None and after is not None and before != after:
            moves.append(Moved(place, history[place], before, after))
        if came:
            return _Trail(item, source.path, place, tuple(moves))
        if not change.before:
            return Track(item, tuple(moves), place + 1)
    return Track(item, tuple(moves), len(history), replace(item, path=trail.path))
