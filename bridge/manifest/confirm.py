"""The places of targets as the parser sees them, found once a version of a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from bridge.errors import ManifestUnsupported
from bridge.manifest.count import Count, Gap
from bridge.manifest.index import Index, Place, Read
from bridge.manifest.locate import found_in, opened
from bridge.manifest.locator import Locator
from bridge.manifest.target import Target

_Spot = tuple[str, str, Locator]
"""A file's version by its blob, its path, and where in it."""


class Confirming:
    """Finds targets that say themselves where they stand, and confirms what the index says.

    `searched` tells whether a file may be changed at all.
    """

    def __init__(self, searched: Callable[[str], bool] = lambda _: True) -> None:
        self._searched = searched
        self._found: dict[_Spot, Count | Gap | str] = {}

    def located(
        self, index: Index, tree: Mapping[str, str], read: Read, targets: Iterable[Target]
    ) -> Index:
        """The index with these targets' places, as the parser sees them in the files."""
        blobs = set(tree.values())
        self._found = {key: found for key, found in self._found.items() if key[0] in blobs}
        places: dict[tuple[Target, Locator | None], Place | str] = {}
        sought: dict[tuple[Target, Locator | None], _Sought] = {}
        for target in targets:
            try:
                sought[target, target.at] = self._sought(index, tree, target)
            except ManifestUnsupported as refusal:
                places[target, target.at] = str(refusal)
        self._locate({(tree[one.path], one.path, one.locator) for one in sought.values()}, read)
        for key, (path, spelled, locator) in sought.items():
            found = self._found[tree[path], path, locator]
            places[key] = (
                f"{key[0]}: {path}: {found}"
                if isinstance(found, str)
                else Place(path, spelled, found, locator)
            )
        return replace(index, located=places)

    def _sought(self, index: Index, tree: Mapping[str, str], target: Target) -> _Sought:
        file = target.at.file if target.at else None
        if file is not None and not self._searched(file):
            raise ManifestUnsupported(f"{target}: {file}: not below search_paths")
        return _sought(index, tree, target)

    def _locate(self, wanted: set[_Spot], read: Read) -> None:
        by_blob: dict[str, dict[str, list[Locator]]] = defaultdict(lambda: defaultdict(list))
        for blob, path, locator in wanted - self._found.keys():
            by_blob[blob][path].append(locator)
        for blob, content in read(sorted(by_blob)) if by_blob else ():
            for path, locators in by_blob[blob].items():
                for locator, found in _found(content, path, locators):
                    self._found[blob, path, locator] = found


class _Sought(NamedTuple):
    """The file of a target's count; the target as it is spelled there; and where in the file."""

    path: str
    spelled: Target
    locator: Locator


def _sought(index: Index, tree: Mapping[str, str], target: Target) -> _Sought:
    locator = target.at
    if locator is None:
        path, workload = index.workload(target)
        if workload.count is None:
            raise ManifestUnsupported(f"{target}: {path}: {workload.refusal}")
        return _Sought(path, workload.target, workload.locator)
    if locator.file is None:
        return _Sought(index.file_of(target, locator), target, locator)
    if locator.file not in tree:
        told = "no such file in the repo (links are not followed)"
        raise ManifestUnsupported(f"{target}: {locator.file}: {told}")
    return _Sought(locator.file, target, locator)


def _found(
    content: bytes | None, path: str, locators: Iterable[Locator]
) -> Iterator[tuple[Locator, Count | Gap | str]]:
    """Each locator's place in the file, or why there is none."""
    try:
        file = opened(content, path) if content is not None else None
        whole = "" if file else "too big to be looked at"
    except ManifestUnsupported as refusal:
        file, whole = None, str(refusal)
    for locator in locators:
        try:
            yield locator, found_in(file, locator) if file else whole
        except ManifestUnsupported as refusal:
            yield locator, str(refusal)
