"""How the counts moved of late, and what people ordered by it: read from the log."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.decide.override import Override, Turn, rivals
from bridge.manifest.target import Target
from bridge.repo.snapshot import Commit
from bridge.service.counts import Moved, Track


def overrides(tracks: Sequence[Track], history: Sequence[Commit]) -> dict[Target, Override]:
    """What people ordered by the newest change of each target's count, or who fights over it.

    A later (or the same) change of the policy's file is a newer order, and so is a release.
    """
    policies = {track.item.policy_path for track in tracks}
    touched: dict[str | None, int] = {}
    released: dict[str, int] = {}
    for place, commit in enumerate(history):
        for change in commit.changes:
            if change.path in policies:
                touched.setdefault(change.path, place)
        for release in commit.releases:
            released.setdefault(release.target, place)
    found = {}
    for track in tracks:
        target = track.item.target
        orders = touched.get(track.item.policy_path), released.get(str(target))
        newer = min(place for place in (*orders, len(history)) if place is not None)
        if order := _order([moved for moved in track.moves if moved.place < newer]):
            found[target] = order
    return found


def pauses(history: Sequence[Commit]) -> dict[str, Override]:
    """Each target's newest pause that no later release ended; its count is for who knows it."""
    settled: set[str] = set()
    found: dict[str, Override] = {}
    for commit in history:
        for pause in commit.pauses:
            if pause.target not in settled:
                by = pause.by or commit.author
                found[pause.target] = Override(
                    commit.at, by, commit.sha, 0, paused_until=pause.until, why=pause.reason
                )
                settled.add(pause.target)
        settled |= {release.target for release in commit.releases}
    return found


def _order(moves: Sequence[Moved]) -> Override | None:
    if not moves:
        return None
    newest = moves[0]
    fighting = rivals([_turn(moved) for moved in moves])
    if newest.made and not fighting:
        return None
    commit = newest.commit
    return Override(commit.at, commit.author, commit.sha, newest.after, fighting)


def _turn(moved: Moved) -> Turn:
    """Whose doing it was."""
    made, author = moved.made, moved.commit.author
    by = f"policy {made.policy} ({author})" if made else author
    return Turn(moved.commit.at, by, moved.after - moved.before)
