"""Whose count a place in the repo is: the object, and the field of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.errors import ManifestUnsupported
from bridge.manifest.index import Index, Place
from bridge.manifest.locator import SPEC_REPLICAS, Field, KustomizeReplicas
from bridge.manifest.path import Path, parse_path
from bridge.manifest.target import Target
from bridge.manifest.workload import Workload


@dataclass(frozen=True, slots=True)
class Subject:
    """An object as its manifest spells it; without a kind only its name is known."""

    object: Target
    path: Path = SPEC_REPLICAS
    labels: Mapping[str, str] | None = None
    """None where its manifest was not seen."""


def subject_of(index: Index, target: Target, place: Place) -> Subject | None:
    """What the count at this place belongs to; None for a mere place in a file."""
    where = place.locator.where
    if isinstance(where, KustomizeReplicas):
        return Subject(Target(target.kind, where.name, target.namespace, target.api_version))
    survey = index.surveys.get(place.path)
    holders = [one for one in survey.workloads if one.line <= place.count.line] if survey else []
    if holders:
        holder = max(holders, key=lambda one: one.line)
        return Subject(holder.target, _path(holder, place), holder.labels)
    return Subject(target) if target.kind else None


def _path(holder: Workload, place: Place) -> Path:
    if holder.count and holder.count.start == place.count.start:
        return SPEC_REPLICAS
    return place.locator.where.path if isinstance(place.locator.where, Field) else SPEC_REPLICAS


def leads_to(pointer: str, path: Path) -> bool:
    """Whether a JSON pointer leads to the field, or to what holds it."""
    try:
        parts = parse_path(pointer) if pointer else ()
    except ManifestUnsupported:
        return False
    return pointer[:1] in ("", "/") and path[: len(parts)] == parts
