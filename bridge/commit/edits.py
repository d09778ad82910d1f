"""Decisions to edits on one tip: those that still hold there, each a splice of digits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from bridge.decide.decision import Decision
from bridge.errors import ManifestUnsupported
from bridge.manifest.index import Index, Place
from bridge.manifest.splice import with_count
from bridge.manifest.workload import workloads


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
        if place.count.value != decision.current:
            dropped.append(Dropped(decision, _overtaken(decision, place.count.value)))
        elif spot in edits:
            rival = edits[spot].decision.policy
            dropped.append(Dropped(decision, f"policy {rival} governs the same count"))
        else:
            edits[spot] = Edit(decision, place)
    return list(edits.values()), dropped


def _overtaken(decision: Decision, found: int) -> str:
    if found == decision.desired:
        return f"Git already says {found}"
    return f"Git says {found} now, the decision was made on {decision.current}"


def spliced(edits: Iterable[Edit], contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The edited files, by path; `contents` are the files as they are.

    Raises:
        ManifestUnsupported: a splice would have changed more than its counts.
    """
    by_path: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_path[edit.place.path].append(edit)
    return {path: _spliced_file(path, group, contents[path]) for path, group in by_path.items()}


def _spliced_file(path: str, edits: list[Edit], content: bytes) -> bytes:
    edited = content
    for edit in sorted(edits, key=attrgetter("place.count.start"), reverse=True):
        edited = with_count(edited, edit.place.count, edit.decision.desired)
    wanted = {edit.place.count.start: edit.decision.desired for edit in edits}
    before, after = workloads(content), workloads(edited)
    expected = [
        (w.target, wanted.get(w.count.start, w.count.value) if w.count else None) for w in before
    ]
    if [(w.target, w.count.value if w.count else None) for w in after] != expected:
        raise ManifestUnsupported(f"{path}: the edit would change more than the count")
    return edited
