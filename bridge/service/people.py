"""How the counts moved of late, and what people ordered by it: read from the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bridge.decide.override import Override
from bridge.decide.recall import Scaled
from bridge.manifest.locate import counts_in
from bridge.manifest.locator import Locator
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy
from bridge.repo.snapshot import Commit
from bridge.repo.state_repo import StateRepo

_Edit = tuple[Commit, str, str]
"""A commit, and a file's blob before and after it."""


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
    """A commit that changed a target's count."""

    commit: Commit
    before: int
    after: int

    def is_ours(self, target: Target) -> bool:
        """Whether a decision of ours made it."""
        return any(made.target == str(target) for made in self.commit.decisions)

    def as_change(self, target: Target) -> Scaled:
        """As the rules remember it."""
        by = self.after - self.before
        return Scaled(self.commit.at, by, self.after, ours=self.is_ours(target))


class _Version(NamedTuple):
    """A target's count in one version of its file."""

    blob: str
    path: str
    target: Target
    at: Locator | None


class CountLog:
    """The counts that the log's blobs held; each blob is read and parsed once a target."""

    def __init__(self, repo: StateRepo) -> None:
        self._repo = repo
        self._known: dict[_Version, int | None] = {}

    async def moves(
        self, managed: Sequence[Managed], history: Sequence[Commit]
    ) -> dict[Target, list[Moved]]:
        """The changes of each target's count, newest first; a new or moved file is none."""
        edits = _edits({item.path for item in managed}, history)
        versions = [
            _Version(blob, item.path, item.target, item.target.at)
            for item in managed
            for _, *both in edits.get(item.path, ())
            for blob in both
        ]
        await self._learn(versions)
        return {item.target: list(self._moves(item, edits.get(item.path, ()))) for item in managed}

    async def _learn(self, versions: Sequence[_Version]) -> None:
        self._known = {one: self._known[one] for one in versions if one in self._known}
        unknown: dict[tuple[str, str], list[_Version]] = defaultdict(list)
        for one in versions:
            if one not in self._known:
                unknown[one.blob, one.path].append(one)
        contents = await self._repo.read(sorted({blob for blob, _ in unknown}))
        for (blob, path), asked in unknown.items():
            counts = counts_in(contents[blob], path, [one.target for one in asked])
            self._known |= {one: counts.get(one.target) for one in asked}

    def _moves(self, item: Managed, edits: Iterable[_Edit]) -> Iterator[Moved]:
        for commit, *both in edits:
            before, after = (
                self._known[_Version(blob, item.path, item.target, item.target.at)] for blob in both
            )
            if before is not None and after is not None and before != after:
                yield Moved(commit, before, after)


def _edits(paths: Collection[str], history: Iterable[Commit]) -> dict[str, list[_Edit]]:
    """What the commits made of each file, newest first."""
    edits: dict[str, list[_Edit]] = {}
    for commit in history:
        for change in commit.changes:
            if change.path in paths and change.before and change.after:
                edit = (commit, change.before, change.after)
                edits.setdefault(change.path, []).append(edit)
    return edits


def overrides(
    managed: Iterable[Managed],
    moves: Mapping[Target, Sequence[Moved]],
    history: Sequence[Commit],
) -> dict[Target, Override]:
    """The newest change of each target's count, where a person made it.

    A later (or the same) change of the policy's file is a newer order, and voids it.
    """
    found = {}
    for item in managed:
        newest = next(iter(moves[item.target]), None)
        if newest is None or newest.is_ours(item.target):
            continue
        since = history[: history.index(newest.commit) + 1]
        touched = {change.path for commit in since for change in commit.changes}
        if item.policy_path not in touched:
            commit = newest.commit
            found[item.target] = Override(commit.at, commit.author, commit.sha, newest.after)
    return found
