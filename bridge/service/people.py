"""How the counts moved of late, and what people ordered by it: read from the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bridge.decide.override import Override
from bridge.decide.recall import Scaled
from bridge.manifest.index import count_among, workloads_in
from bridge.manifest.target import Target
from bridge.manifest.workload import Workload
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


class CountLog:
    """The counts that the log's blobs held; each blob is read and parsed once."""

    def __init__(self, repo: StateRepo) -> None:
        self._repo = repo
        self._known: dict[str, tuple[Workload, ...]] = {}

    async def moves(
        self, managed: Sequence[Managed], history: Sequence[Commit]
    ) -> dict[Target, list[Moved]]:
        """The changes of each target's count, newest first; a new or moved file is none."""
        paths = {item.path for item in managed}
        edits = _edits(paths, history)
        await self._learn({blob for made in edits.values() for _, *both in made for blob in both})
        return {item.target: list(self._moves(item, edits.get(item.path, ()))) for item in managed}

    async def _learn(self, blobs: set[str]) -> None:
        contents = await self._repo.read(sorted(blobs - self._known.keys()))
        parsed = {blob: workloads_in(content) for blob, content in contents.items()}
        self._known = {blob: self._known.get(blob) or parsed[blob] for blob in blobs}

    def _moves(self, item: Managed, edits: Iterable[_Edit]) -> Iterable[Moved]:
        for commit, old, new in edits:
            before = count_among(self._known[old], item.target)
            after = count_among(self._known[new], item.target)
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
