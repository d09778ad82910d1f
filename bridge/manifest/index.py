"""Every workload of a tree of files, each blob parsed once however often the branch moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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


class Index:
    """The workloads below the search paths of one tree."""

    def __init__(self, search_paths: Iterable[str] = (".",)) -> None:
        self._roots = [PurePosixPath(path).parts for path in search_paths]
        self._blobs: dict[str, _Blob] = {}
        self._by_name: dict[tuple[str, str], list[tuple[str, Workload]]] = {}
        self._refused: dict[str, str] = {}

    def update(
        self, tree: Mapping[str, str], read: Callable[[list[str]], Mapping[str, bytes]]
    ) -> None:
        """Takes a new tree (path to blob id); `read` fetches the blobs not seen before."""
        wanted = {path: blob for path, blob in tree.items() if self._in_scope(path)}
        unseen = sorted({blob for blob in wanted.values() if blob not in self._blobs})
        contents = read(unseen) if unseen else {}
        known = {blob: self._blobs[blob] for blob in wanted.values() if blob in self._blobs}
        self._blobs = known | {blob: _parsed(contents[blob]) for blob in unseen}
        self._by_name = defaultdict(list)
        self._refused = {}
        for path, blob in sorted(wanted.items()):
            self._add(path, self._blobs[blob])

    def _add(self, path: str, blob: _Blob) -> None:
        if blob.refusal:
            self._refused[path] = blob.refusal
        for workload in blob.workloads:
            self._by_name[workload.target.kind, workload.target.name].append((path, workload))

    def _in_scope(self, path: str) -> bool:
        parts = PurePosixPath(path)
        inside = any(parts.parts[: len(root)] == root for root in self._roots)
        return inside and parts.suffix in _SUFFIXES

    def find(self, target: Target) -> Place:
        """The one place where the target's count stands.

        Raises:
            ManifestUnsupported: nowhere, in several places, or in an unsafe one; the text
                lists the candidates with file and line.
        """
        candidates = _narrowed(self._by_name.get((target.kind, target.name), []), target)
        if not candidates:
            raise ManifestUnsupported(f"{target}: no such workload in the repo{self._hint()}")
        if len(candidates) > 1:
            places = ", ".join(f"{path}:{workload.line}" for path, workload in candidates)
            raise ManifestUnsupported(f"{target}: stands in several places: {places}")
        path, workload = candidates[0]
        if workload.count is None:
            raise ManifestUnsupported(f"{target}: {path}: {workload.refusal}")
        return Place(path, workload.line, workload.target, workload.count)

    def _hint(self) -> str:
        if not self._refused:
            return ""
        shown = [f"{path}: {why}" for path, why in sorted(self._refused.items())[:3]]
        more = len(self._refused) - len(shown)
        return f" (files that can't be read: {'; '.join(shown)}{f' and {more} more' * (more > 0)})"


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
