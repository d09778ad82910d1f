"""What people did to managed counts of late, read from the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.decide.override import Override
from bridge.manifest.index import count_in
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy
from bridge.repo.snapshot import Change, Commit
from bridge.repo.state_repo import StateRepo


@dataclass(frozen=True, slots=True)
class Managed:
    """A policy, its own file (None for a local folder), and the file of its target's count."""

    policy: ScalingPolicy
    policy_path: str | None
    path: str


async def overrides(
    repo: StateRepo, managed: Iterable[Managed], history: Sequence[Commit]
) -> dict[Target, Override]:
    """The newest change of each target's count that was not ours.

    A later (or the same) change of the policy's file is a newer order, and voids it.
    """
    found = {}
    for item in managed:
        if override := await _override(repo, item, history):
            found[item.policy.target] = override
    return found


async def _override(
    repo: StateRepo, managed: Managed, history: Sequence[Commit]
) -> Override | None:
    target = managed.policy.target
    for commit in history:
        by_path = {change.path: change for change in commit.changes}
        if managed.policy_path in by_path:
            return None
        if any(decision.target == str(target) for decision in commit.decisions):
            return None
        change = by_path.get(managed.path)
        if change and (count := await _changed_count(repo, change, target)) is not None:
            return Override(commit.at, commit.author, commit.sha, count)
    return None


async def _changed_count(repo: StateRepo, change: Change, target: Target) -> int | None:
    """The count after a change of its file that moved it; a new or moved file is no order."""
    if change.before is None or change.after is None:
        return None
    contents = await repo.read([change.before, change.after])
    before = count_in(contents[change.before], target)
    after = count_in(contents[change.after], target)
    return after if before is not None and after != before else None
