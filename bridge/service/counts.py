"""Each target's count in the log: which commits changed it, in whatever file it stood then."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from bridge.service.stretch import Stretch


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
    made: ScaleDecision | None
    """The decision of ours that did it; None where the trailers don't say just this."""

    def as_change(self) -> Scaled:
        """As the rules remember it."""
        by = self.after - self.before
        return Scaled(self.commit.at, by, self.after, ours=self.made is not None)


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
    """Where it says itself that it stands; no part of what makes targets equal."""


def _version(blob: str, path: str, target: Target) -> _Version:
    return _Version(blob, path, target, target.at)


class CountLog:
    """The counts that the log's blobs held; each blob is read and parsed once.

    What takes long with thousands of targets is worked out beside the event loop.
    """

    def __init__(self, repo: StateRepo) -> None:
        self._repo = repo
        self._known: dict[_Version, int | None] = {}

    async def tracks(self, managed: Sequence[Managed], history: Sequence[Commit]) -> list[Track]:
        """Of each target, also through moves of its file.

        A file that comes or goes changes no count; neither does one that has no single count.
        """
        stretch = await asyncio.to_thread(Stretch, history)
        known: dict[_Version, int | None] = {}
        trails = [_Trail(item, item.path, -1, ()) for item in managed]
        found: list[Track] = []
        while trails:
            asked = await asyncio.to_thread(_asked, trails, stretch)
            known |= await self._learned(asked)
            followed = await asyncio.to_thread(_all_followed, trails, stretch, known)
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
        return known | await asyncio.to_thread(_parsed, unknown, contents)


def _parsed(
    unknown: Mapping[tuple[str, str], Sequence[Target]], contents: Mapping[str, bytes]
) -> dict[_Version, int | None]:
    known: dict[_Version, int | None] = {}
    for (blob, path), targets in unknown.items():
        counts = counts_in(contents[blob], path, targets)
        known |= {_version(blob, path, target): counts.get(target) for target in targets}
    return known


def _asked(trails: Iterable[_Trail], stretch: Stretch) -> set[_Version]:
    return {one for trail in trails for one in _versions(trail, stretch)}


def _versions(trail: _Trail, stretch: Stretch) -> Iterator[_Version]:
    target = trail.item.target
    for place, change in _changes(trail, stretch):
        for blob in filter(None, (change.before, change.after)):
            yield _version(blob, change.path, target)
        for gone in stretch.sources(place, change):
            yield _version(gone.before or "", gone.path, target)


def _changes(trail: _Trail, stretch: Stretch) -> Iterator[tuple[int, Change]]:
    for place, change in stretch.touched.get(trail.path, {}).items():
        if place > trail.newest:
            yield place, change


def _all_followed(
    trails: Iterable[_Trail], stretch: Stretch, known: Mapping[_Version, int | None]
) -> list[Track | _Trail]:
    return [_followed(trail, stretch, known) for trail in trails]


def _followed(
    trail: _Trail, stretch: Stretch, known: Mapping[_Version, int | None]
) -> Track | _Trail:
    """To the stretch's end, or to where the count was brought from another file."""
    item, moves = trail.item, list(trail.moves)

    def count(blob: str | None, path: str) -> int | None:
        return known[_version(blob, path, item.target)] if blob else None

    for place, change in _changes(trail, stretch):
        sources = stretch.sources(place, change)
        came = [gone for gone in sources if count(gone.before, gone.path) is not None]
        source = came[0] if came else change
        before, after = count(source.before, source.path), count(change.after, change.path)
        if before is not None and after is not None and before != after:
            made = stretch.made(place, item.target, before, after)
            moves.append(Moved(place, stretch.history[place], before, after, made))
        if came:
            return _Trail(item, source.path, place, tuple(moves))
        if not change.before:
            return Track(item, tuple(moves), place + 1)
    return Track(item, tuple(moves), len(stretch.history), replace(item, path=trail.path))
