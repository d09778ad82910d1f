"""Every workload of a tree of files, each blob parsed once however often the branch moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from bridge.errors import ManifestUnsupported
from bridge.manifest.target import Target
from bridge.manifest.workload import Count, Workload, workloads

_SUFFIXES = {".yaml", ".yml", ".json"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target's count stands in a tree; `target` is spelled as the manifest does."""

    path: str
    line: int
    target: Target
    count: Count


@dataclass(frozen=True, slots=True)
class _Blob:
    workloads: tuple[Workload, ...] = ()
    refusal: str = ""


Candidates = Mapping[tuple[str, str], list[tuple[str, Workload]]]


@dataclass(frozen=True, slots=True)
class Index:
    """The workloads of one tree, by kind and name; and why some files could not be read."""

    candidates: Candidates = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def find(self, target: Target) -> Place:
        """The one place where the target's count stands.

        Raises:
            ManifestUnsupported: nowhere, in several places, or in an unsafe one; the text
                lists the candidates with file and line.
        """
        candidates = _narrowed(self.candidates.get((target.kind, target.name), []), target)
        if not candidates:
            raise ManifestUnsupported(f"{target}: no such workload in the repo{self._hint()}")
        if len(candidates) > 1:
            places = ", ".join(f"{path}:{workload.line}" for path, workload in candidates)
            raise ManifestUnsupported(f"{target}: stands in several places: {places}")
        path, workload = candidates[0]
        if workload.count is None:
            raise ManifestUnsupported(f"{target}: {path}: {workload.refusal}")
        return Place(path, workload.line, workload.target, workload.count)

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


class Catalogue:
    """Indexes tree after tree; a blob is parsed once, however often the branch moves."""

    def __init__(self, search_paths: Iterable[str] = (".",)) -> None:
        self._roots = [PurePosixPath(path).parts for path in search_paths]
        self._blobs: dict[str, _Blob] = {}

    def index(
        self, tree: Mapping[str, str], read: Callable[[list[str]], Mapping[str, bytes]]
    ) -> Index:
        """The workloads of a tree (path to blob id); `read` fetches blobs not seen before."""
        wanted = {path: blob for path, blob in sorted(tree.items()) if self._in_scope(path)}
        unseen = sorted(set(wanted.values()) - self._blobs.keys())
        contents = read(unseen) if unseen else {}
        known = {blob: self._blobs[blob] for blob in wanted.values() if blob in self._blobs}
        self._blobs = known | {blob: _parsed(contents[blob]) for blob in unseen}
        candidates: dict[tuple[str, str], list[tuple[str, Workload]]] = defaultdict(list)
        for path, blob in wanted.items():
            for workload in self._blobs[blob].workloads:
                target = workload.target
                candidates[target.kind, target.name].append((path, workload))
        refusals = {path: self._blobs[blob].refusal for path, blob in wanted.items()}
        return Index(dict(candidates), {path: why for path, why in refusals.items() if why})

    def _in_scope(self, path: str) -> bool:
        parts = PurePosixPath(path)
        inside = any(parts.parts[: len(root)] == root for root in self._roots)
        return inside and parts.suffix in _SUFFIXES


def workloads_in(content: bytes) -> tuple[Workload, ...]:
    """The workloads of one file; none if it can't be read."""
    return _parsed(content).workloads


def count_among(workloads: Iterable[Workload], target: Target) -> int | None:
    """The target's count in one file; None if it has none there, or no single one."""
    whose = target.kind, target.name
    named = [("", found) for found in workloads if (found.target.kind, found.target.name) == whose]
    match _narrowed(named, target):
        case [(_, Workload(count=Count(value=value)))]:
            return value
        case _:
            return None


def _parsed(content: bytes) -> _Blob:
    try:
        return _Blob(tuple(workloads(content)))
    except ManifestUnsupported as refusal:
        return _Blob(refusal=str(refusal))


def _narrowed(candidates: list[tuple[str, Workload]], target: Target) -> list[tuple[str, Workload]]:
    """By group; then by namespace, where a manifest without one may be placed by its tool."""
    if target.group is not None:
        candidates = [c for c in candidates if c[1].target.group == target.group]
    if target.namespace is None:
        return candidates
    exact = [c for c in candidates if c[1].target.namespace == target.namespace]
    return exact or [c for c in candidates if c[1].target.namespace is None]
