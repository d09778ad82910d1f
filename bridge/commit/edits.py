"""Decisions to edits on one tip: those that still hold there, each a splice of digits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bridge.decide.decision import Decision
from bridge.errors import ManifestUnsupported
from bridge.manifest.index import Index, Place
from bridge.manifest.splice import Change, with_counts


@dataclass(frozen=True, slots=True)
class Edit:
    """A decision, and where its count stands."""

    decision: Decision
    place: Place


@dataclass(frozen=True, slots=True)
class Dropped:
    """A decision that does not hold on this tip, and why."""

    decision: Decision
    why: str


def edits_on(index: Index, decisions: Iterable[Decision]) -> tuple[list[Edit], list[Dropped]]:
    """Which decisions still hold on the indexed tip, and where they are to be written."""
    edits: dict[tuple[str, int], Edit] = {}
    dropped: list[Dropped] = []
    for decision in decisions:
        try:
            place = index.find(decision.target)
        except ManifestUnsupported as refusal:
            dropped.append(Dropped(decision, str(refusal)))
            continue
        spot = place.path, place.count.start
        if place.count.value != decision.committed:
            dropped.append(Dropped(decision, _overtaken(decision, place.count.value)))
        elif spot in edits:
            rival = edits[spot].decision.policy
            dropped.append(Dropped(decision, f"policy {rival} governs the same count"))
        else:
            edits[spot] = Edit(decision, place)
    return list(edits.values()), dropped


def _overtaken(decision: Decision, found: int | None) -> str:
    if found == decision.desired:
        return f"Git already says {found}"
    says, was = ("no count" if count is None else count for count in (found, decision.committed))
    return f"Git says {says} now, the decision was made on {was}"


@dataclass(frozen=True, slots=True)
class Spliced:
    """The edited files, by path; the edits that are in them; and the decisions that are not."""

    contents: Mapping[str, bytes]
    edits: Sequence[Edit]
    dropped: Sequence[Dropped]


def spliced(edits: Iterable[Edit], contents: Mapping[str, bytes]) -> Spliced:
    """Each file with its edits; `contents` are the files as they are.

    A file where a splice would change more than its counts stays as it is.
    """
    by_path: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_path[edit.place.path].append(edit)
    edited: dict[str, bytes] = {}
    kept: list[Edit] = []
    dropped: list[Dropped] = []
    for path, group in by_path.items():
        changes = [
            Change(one.place.count, one.decision.desired, one.place.locator) for one in group
        ]
        try:
            edited[path] = with_counts(contents[path], path, changes)
            kept += group
        except ManifestUnsupported as refusal:
            dropped += [Dropped(one.decision, str(refusal)) for one in group]
    return Spliced(edited, kept, dropped)
