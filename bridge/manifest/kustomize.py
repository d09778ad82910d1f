"""The entries of a kustomization's `replicas`, also as Argo CD writes them (`name=4`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bridge.errors import ManifestUnsupported
from bridge.manifest.anchors import Document, Way
from bridge.manifest.count import Count, Source
from bridge.manifest.field import count_at, walked
from bridge.manifest.locator import Locator
from bridge.manifest.tree import Mapping, Scalar
from bridge.manifest.tree import Sequence as List

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of such a list: the way to its count, or to the text that holds name and count.

    To the item itself where it has no count.
    """

    name: str
    way: Way

    @property
    def line(self) -> int:
        """Where it stands."""
        return self.way.node.line

    def count(self, locator: Locator, source: Source) -> Count:
        """Its count.

        Raises:
            ManifestUnsupported: one that can't be changed safely.
        """
        if isinstance(self.way.node, Scalar) and self.way.path[-1] != "count":
            locator = replace(locator, pattern=f"^{re.escape(self.name)}=([0-9]+)$")
        return count_at(self.way, locator, source)


def entries(documents: Sequence[Document]) -> Iterator[Entry]:
    """Every entry of every list, in the file's order."""
    for document in documents:
        for way in lists(document):
            yield from _entries(way)


def lists(document: Document) -> Iterator[Way]:
    """The ways to a Kustomization's own list, and to those of Argo CD's Applications."""
    for way in document.ways():
        own = way.path == ("replicas",) or way.path[-2:] == ("kustomize", "replicas")
        if own and isinstance(way.node, List):
            way.refuse_doubles()
            yield way


def _entries(way: Way) -> Iterator[Entry]:
    for position, item in enumerate(way.node.items if isinstance(way.node, List) else ()):
        below = way.down(str(position), item)
        if isinstance(item, Scalar) and "=" in item.value:
            yield Entry(item.value.partition("=")[0], below)
        elif isinstance(item, Mapping) and (name := item.text("name")):
            yield Entry(name, walked(below, ("count",)) or below)


def replicas_count(
    documents: Sequence[Document], name: str, locator: Locator, source: Source
) -> Count:
    """The count of the one entry of this name.

    Raises:
        ManifestUnsupported: no such entry, several, or one that can't be changed safely.
    """
    there = list(entries(documents))
    found = [entry for entry in there if entry.name == name]
    if len(found) == 1:
        return found[0].count(locator, source)
    if found:
        lines = ", ".join(str(entry.line) for entry in found)
        raise ManifestUnsupported(f"replicas of {name} stand in several places, on lines {lines}")
    named = ", ".join(f"{entry.name} (line {entry.line})" for entry in there[:_SHOWN])
    raise ManifestUnsupported(f"no replicas entry named {name}; there: {named or 'no entries'}")
