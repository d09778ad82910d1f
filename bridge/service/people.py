"""How the counts moved of late, and what people ordered by it: read from the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bridge.decide.override import Override, Turn, rivals
from bridge.manifest.target import Target
from bridge.repo.snapshot import Commit
from bridge.service.counts import Moved, Track, touched_paths


def overrides(tracks: Iterable[Track], history: Sequence[Commit]) -> dict[Target, Override]:
    """What people ordered by the newest change of each target's count, or who fights over it.

    A later (or the same) change of the policy's file is a newer order, and so is a release.
    """
    touched = touched_paths(history)
    released: dict[str, int] = {}
    for place, commit in enumerate(history):
        for release in commit.releases:
            released.setdefault(release.target, place)
    found = {}
    for track in tracks:
        target = track.item.target
        newer = min(
            next(iter(touched.get(track.item.policy_path or "", ())), len(history)),
            released.get(str(target), len(history)),
        )
        if order := _order(target, [moved for moved in track.moves if moved.place < newer]):
            found[target] = order
    return found


def _order(target: Target, moves: Sequence[Moved]) -> Override | None:
    if not moves:
        return None
    newest = moves[0]
    fighting = rivals([_turn(moved, target) for moved in moves])
    if newest.decision(target) and not fighting:
        return None
    commit = newest.commit
    return Override(commit.at, commit.author, commit.sha, newest.after, fighting)


def _turn(moved: Moved, target: Target) -> Turn:
    """Whose doing it was."""
    made, author = moved.decision(target), moved.commit.author
    by = f"policy {made.policy} ({author})" if made else author
    return Turn(moved.commit.at, by, moved.after - moved.before)
