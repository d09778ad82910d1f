"""How the counts moved of late, and what people ordered by it: read from the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bridge.decide.override import Override
from bridge.manifest.index import counts_in
from bridge.manifest.locator import Locator
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy
from bridge.repo.snapshot import Commit
from bridge.repo.state_repo import StateRepo


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
        by_path: dict[str, list[Managed]] = defaultdict(list)
        for item in managed:
            by_path[item.path].append(item)
        versions = [
            _Version(blob, change.path, item.target, item.target.at)
            for commit in history
            for change in commit.changes
            for item in by_path.get(change.path, ())
            if change.before and change.after
            for blob in (change.before, change.after)
        ]
        await self._learn(versions)
        return {item.target: list(self._moves(item, history)) for item in managed}

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

    def _moves(self, item: Managed, history: Iterable[Commit]) -> Iterator[Moved]:
        for commit in history:
            for change in commit.changes:
                if change.path != item.path or not change.before or not change.after:
                    continue
                before, after = (
                    self._known[_Version(blob, change.path, item.target, item.target.at)]
                    for blob in (change.before, change.after)
                )
                if before is not None and after is not None and before != after:
                    yield Moved(commit, before, after)


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
