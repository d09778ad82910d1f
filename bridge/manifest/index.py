"""Every workload of a tree of files, each blob parsed once however often the branch moves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from bridge.errors import ManifestUnsupported
from bridge.manifest.count import Count, Gap
from bridge.manifest.field import narrowed
from bridge.manifest.locate import YAML_SUFFIXES, suffix_of
from bridge.manifest.locator import Locator, Marker
from bridge.manifest.survey import Survey, surveyed
from bridge.manifest.target import Target
from bridge.manifest.workload import Workload

_SHOWN = 20
_SEARCHED = YAML_SUFFIXES | frozenset(
    [
        ".bash",
        ".cfg",
        ".conf",
        ".env",
        ".hcl",
        ".ini",
        ".nomad",
        ".properties",
        ".sh",
        ".tf",
        ".tfvars",
        ".toml",
        ".txt",
        ".xml",
    ]
)
"""Manifests, and text that may hold a marker; others are not fetched unless a policy names them."""


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


def _by_place(one: tuple[str, Workload]) -> tuple[str, int]:
    return one[0], one[1].line


@dataclass(frozen=True, slots=True)
class Index:
    """What one tree holds: workloads by kind and name, and why some files could not be read."""

    candidates: Candidates = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    """By path, of the files that hold anything."""
    located: Mapping[tuple[Target, Locator | None], Place | str] = field(default_factory=dict)
    """Places that the parser confirmed, or why there is none."""

    def find(self, target: Target) -> Place:
        """The one place where the target's count stands.

        Raises:
            ManifestUnsupported: nowhere, in several places, or in an unsafe one; the text
                lists the candidates with file and line.
        """
        place = self.located.get((target, target.at))
        if isinstance(place, str):
            raise ManifestUnsupported(place)
        if place is not None:
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
            raise ManifestUnsupported(
                f"{target}: no such workload below search_paths{self._hint()}"
            )
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
            for path, survey in sorted(self.surveys.items())
            for held in survey.others
            if isinstance(held.where, Marker) and held.where.name == name
        ]
        if not found:
            raise ManifestUnsupported(f"{target}: no marker {name} in the repo")
        if len(found) > 1:
            places = ", ".join(f"{path}:{line}" for path, line in found[:_SHOWN])
            raise ManifestUnsupported(f"{target}: marker {name} stands in several places: {places}")
        return found[0][0]

    def moved(self, stale: Iterable[str], fresh: Mapping[str, Survey]) -> Index:
        """The index without what stood in the stale files, and with the fresh ones."""
        surveys = dict(self.surveys)
        gone = {path: surveys.pop(path) for path in stale if path in surveys}
        surveys |= {path: survey for path, survey in fresh.items() if survey}
        candidates, refused = dict(self.candidates), dict(self.refused)
        for path, survey in gone.items():
            refused.pop(path, None)
            for key in {(w.target.kind, w.target.name) for w in survey.workloads}:
                rest = [one for one in candidates.pop(key) if one[0] != path]
                if rest:
                    candidates[key] = rest
        for path, survey in sorted(fresh.items()):
            if survey.refusal:
                refused[path] = survey.refusal
            for found in survey.workloads:
                key = found.target.kind, found.target.name
                others = candidates.get(key)
                one = path, found
                candidates[key] = sorted([*others, one], key=_by_place) if others else [one]
        return Index(candidates, refused, surveys)

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

_Key = tuple[str, str]
"""A blob, and what its name says of its format."""


class Catalogue:
    """Indexes tree after tree; a blob is parsed once, however often the branch moves."""

    def __init__(self, search_paths: Iterable[str] = (".",)) -> None:
        self._roots = tuple(f"/{PurePosixPath(path)}/".replace("/./", "/") for path in search_paths)
        self._tree: Mapping[str, str] = {}
        self._keys: dict[str, _Key] = {}
        self._surveys: dict[_Key, Survey] = {}
        self._uses: Counter[_Key] = Counter()
        self._index = Index()

    def index(self, tree: Mapping[str, str], read: Read) -> Index:
        """What a tree holds (path to blob id); `read` fetches blobs not seen before.

        Only what changed since the last tree is looked at.
        """
        before = self._tree
        changed = [path for path, blob in tree.items() if before.get(path) != blob]
        gone = before.keys() - tree.keys() if len(before) + len(changed) > len(tree) else set()
        wanted = {path: (tree[path], suffix_of(path)) for path in changed if self._in_scope(path)}
        self._survey(set(wanted.values()), read)
        stale = {path for path in (*changed, *gone) if path in self._keys}
        replaced = [self._keys.pop(path) for path in stale]
        self._keys |= wanted
        self._uses.update(wanted.values())
        self._forget(replaced)
        self._index = self._index.moved(
            stale, {path: self._surveys[key] for path, key in wanted.items()}
        )
        self._tree = dict(tree)
        return self._index

    def _survey(self, wanted: set[_Key], read: Read) -> None:
        suffixes = defaultdict(list)
        for blob, suffix in wanted - self._surveys.keys():
            suffixes[blob].append(suffix)
        for blob, content in read(sorted(suffixes)) if suffixes else ():
            for suffix in suffixes[blob]:
                self._surveys[blob, suffix] = surveyed(content, suffix)

    def _forget(self, replaced: Iterable[_Key]) -> None:
        """What no path of the tree has any more."""
        self._uses.subtract(replaced)
        for key in set(replaced):
            if not self._uses[key]:
                del self._uses[key], self._surveys[key]

    def _in_scope(self, path: str) -> bool:
        return suffix_of(path) in _SEARCHED and f"/{path}/".startswith(self._roots)
