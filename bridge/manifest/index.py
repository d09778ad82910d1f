"""Every workload of a tree of files, each blob parsed once however often the branch moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from bridge.errors import ManifestUnsupported
from bridge.manifest.count import Count, Gap
from bridge.manifest.field import narrowed
from bridge.manifest.locate import found_in, located, opened
from bridge.manifest.locator import Field, Locator, Marker
from bridge.manifest.survey import Survey, surveyed
from bridge.manifest.target import Target
from bridge.manifest.workload import Workload

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target's count stands in a tree; `target` is spelled as the manifest does."""

    path: str
    target: Target
    count: Count | Gap
    locator: Locator
    """Finds it again in another version of the file."""

    def __str__(self) -> str:
        return f"{self.path}:{self.count.line}"


Candidates = Mapping[tuple[str, str], list[tuple[str, Workload]]]


@dataclass(frozen=True, slots=True)
class Index:
    """What one tree holds: workloads by kind and name, and why some files could not be read."""

    candidates: Candidates = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    """By path, of the files that hold anything."""
    located: Mapping[tuple[Target, Locator], Place | str] = field(default_factory=dict)
    """The places of targets that say themselves where they stand, or why there is none."""

    def find(self, target: Target) -> Place:
        """The one place where the target's count stands.

        Raises:
            ManifestUnsupported: nowhere, in several places, or in an unsafe one; the text
                lists the candidates with file and line.
        """
        if target.at is not None:
            place = self.located[target, target.at]
            if isinstance(place, str):
                raise ManifestUnsupported(place)
            return place
        path, workload = self.workload(target)
        if workload.count is None:
            raise ManifestUnsupported(f"{target}: {path}: {workload.refusal}")
        return Place(path, workload.target, workload.count, workload.locator)

    def workload(self, target: Target) -> tuple[str, Workload]:
        """The one workload that is meant, and its file.

        Raises:
            ManifestUnsupported: none, or several.
        """
        there = self.candidates.get((target.kind, target.name), [])
        candidates = narrowed(there, target, lambda one: one[1].target)
        if not candidates:
            raise ManifestUnsupported(f"{target}: no such workload in the repo{self._hint()}")
        if len(candidates) > 1:
            places = ", ".join(f"{path}:{workload.line}" for path, workload in candidates)
            raise ManifestUnsupported(f"{target}: stands in several places: {places}")
        return candidates[0]

    def file_of(self, target: Target, locator: Locator) -> str:
        """The file that a locator without one is about.

        Raises:
            ManifestUnsupported: none, or several.
        """
        if not isinstance(locator.where, Marker):
            return self.workload(target)[0]
        name = locator.where.name
        found = [
            (path, held.line)
            for path, survey in self.surveys.items()
            for held in survey.others
            if isinstance(held.where, Marker) and held.where.name == name
        ]
        if not found:
            raise ManifestUnsupported(f"{target}: no marker {name} in the repo")
        if len(found) > 1:
            places = ", ".join(f"{path}:{line}" for path, line in found[:_SHOWN])
            raise ManifestUnsupported(f"{target}: marker {name} stands in several places: {places}")
        return found[0][0]

    def of_kind(self, kind: str) -> Iterator[tuple[str, Workload]]:
        """Every workload of a kind, with its file."""
        for (found, _), candidates in self.candidates.items():
            if found == kind:
                yield from candidates

    def _hint(self) -> str:
        if not self.refused:
            return ""
        shown = [f"{path}: {why}" for path, why in sorted(self.refused.items())[:3]]
        more = len(self.refused) - len(shown)
        return f" (files that can't be read: {'; '.join(shown)}{f' and {more} more' * (more > 0)})"


Read = Callable[[list[str]], Iterable[tuple[str, bytes | None]]]
"""Contents by blob id, as they come; None for one that is too big to be looked at."""


class Catalogue:
    """Indexes tree after tree; a blob is parsed once, however often the branch moves."""

    def __init__(self, search_paths: Iterable[str] = (".",)) -> None:
        self._roots = [PurePosixPath(path).parts for path in search_paths]
        self._surveys: dict[tuple[str, str], Survey] = {}
        self._found: dict[tuple[str, str, Locator], Count | Gap | str] = {}

    def index(self, tree: Mapping[str, str], read: Read) -> Index:
        """What a tree holds (path to blob id); `read` fetches blobs not seen before."""
        wanted = {
            path: (blob, PurePosixPath(path).suffix)
            for path, blob in sorted(tree.items())
            if self._in_scope(path)
        }
        self._survey(set(wanted.values()), read)
        blobs = set(tree.values())
        self._found = {key: found for key, found in self._found.items() if key[0] in blobs}
        surveys = {path: self._surveys[key] for path, key in wanted.items()}
        return _index({path: survey for path, survey in surveys.items() if survey})

    def _survey(self, wanted: set[tuple[str, str]], read: Read) -> None:
        known = {key: self._surveys[key] for key in wanted if key in self._surveys}
        suffixes = defaultdict(list)
        for blob, suffix in wanted - known.keys():
            suffixes[blob].append(suffix)
        for blob, content in read(sorted(suffixes)) if suffixes else ():
            known |= {(blob, suffix): surveyed(content, suffix) for suffix in suffixes[blob]}
        self._surveys = known

    def _in_scope(self, path: str) -> bool:
        parts = PurePosixPath(path).parts
        return any(parts[: len(root)] == root for root in self._roots)

    def located(
        self, index: Index, tree: Mapping[str, str], read: Read, targets: Iterable[Target]
    ) -> Index:
        """The index with the places of those targets that say themselves where they stand."""
        asked = {(target, target.at) for target in targets if target.at is not None}
        places: dict[tuple[Target, Locator], Place | str] = {}
        files: dict[tuple[Target, Locator], str] = {}
        for target, locator in asked:
            try:
                files[target, locator] = _file(index, tree, target, locator)
            except ManifestUnsupported as refusal:
                places[target, locator] = str(refusal)
        self._locate({(tree[path], path, locator) for (_, locator), path in files.items()}, read)
        for (target, locator), path in files.items():
            found = self._found[tree[path], path, locator]
            places[target, locator] = (
                f"{target}: {path}: {found}"
                if isinstance(found, str)
                else Place(path, target, found, locator)
            )
        return replace(index, located=places)

    def _locate(self, wanted: set[tuple[str, str, Locator]], read: Read) -> None:
        unseen = wanted - self._found.keys()
        contents = dict(read(sorted({blob for blob, _, _ in unseen}))) if unseen else {}
        for blob, path, locator in unseen:
            self._found[blob, path, locator] = _located(contents[blob], path, locator)


def _file(index: Index, tree: Mapping[str, str], target: Target, locator: Locator) -> str:
    if locator.file is None:
        return index.file_of(target, locator)
    if locator.file not in tree:
        raise ManifestUnsupported(f"{target}: {locator.file}: no such file in the repo")
    return locator.file


def _located(content: bytes | None, path: str, locator: Locator) -> Count | Gap | str:
    if content is None:
        return "too big to be looked at"
    try:
        return located(content, path, locator)
    except ManifestUnsupported as refusal:
        return str(refusal)


def _index(surveys: Mapping[str, Survey]) -> Index:
    candidates: dict[tuple[str, str], list[tuple[str, Workload]]] = defaultdict(list)
    for path, survey in surveys.items():
        for workload in survey.workloads:
            target = workload.target
            candidates[target.kind, target.name].append((path, workload))
    refusals = {path: survey.refusal for path, survey in surveys.items() if survey.refusal}
    return Index(dict(candidates), refusals, surveys)


def counts_in(content: bytes, path: str, targets: Iterable[Target]) -> dict[Target, int]:
    """Those targets' counts in one version of a file that have a single one there."""
    counts = {}
    with suppress(ManifestUnsupported):
        file = opened(content, path)
        for target in targets:
            locator = target.at or Locator(Field(owner=target))
            with suppress(ManifestUnsupported):
                found = found_in(file, locator)
                if isinstance(found, Count):
                    counts[target] = found.value
    return counts
