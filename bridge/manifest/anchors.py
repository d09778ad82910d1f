"""Which places a node has through anchors, aliases and merge keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from bridge.errors import ManifestUnsupported
from bridge.manifest.path import Path, shown
from bridge.manifest.tree import Alias, Mapping, Node, Scalar, Sequence

_MAX_PLACES = 200
_MERGE = "<<"


class Document:
    """One document of a file, by its number (from 0)."""

    def __init__(self, number: int, root: Node) -> None:
        self.number = number
        self.root = root

    @property
    def start(self) -> Way:
        """Its root."""
        return Way(self, (((), self.root),))

    def way_to(self, wanted: Node) -> Way:
        """The way to a node of the tree, by identity."""
        return next(way for way in self.ways() if way.node is wanted)

    def ways(self) -> Iterator[Way]:
        """The way to each value, from top to bottom."""
        waiting = [self.start]
        while waiting:
            way = waiting.pop()
            yield way
            below = [way.down(key, node) for key, node in _below(way.node)]
            waiting += reversed(below)

    def aliases_of(self, node: Node) -> list[Way]:
        """The ways to a node's aliases."""
        return self._aliases.get(id(node), [])

    @cached_property
    def _aliases(self) -> dict[int, list[Way]]:
        found = defaultdict(list)
        for way in self.ways():
            if isinstance(way.node, Alias):
                found[id(way.node.to)].append(way)
        return found


@dataclass(frozen=True, slots=True)
class Way:
    """The nodes from a document's root down to one of its nodes, each with its path."""

    document: Document
    chain: tuple[tuple[Path, Node], ...]

    @property
    def node(self) -> Node:
        """Where it leads."""
        return self.chain[-1][1]

    @property
    def path(self) -> Path:
        """The keys on the way."""
        return self.chain[-1][0]

    def refuse_doubles(self) -> None:
        """Checks that no key on the way is given twice.

        Raises:
            ManifestUnsupported: one is.
        """
        for (_, above), (path, _) in pairwise(self.chain):
            if isinstance(above, Mapping):
                above.get(path[-1])

    def down(self, key: str, node: Node) -> Way:
        """One step further."""
        return Way(self.document, (*self.chain, ((*self.path, key), node)))


def aliased_at(way: Way) -> dict[Path, int]:
    """Where else the way's end has its value, through aliases on these lines.

    Raises:
        ManifestUnsupported: at more places than can be named.
    """
    places: dict[Path, int] = {}
    waiting = [(way.chain, way.path)]
    while waiting:
        for place, line, chain in _next(way.document, *waiting.pop()):
            if place in places:
                continue
            places[place] = line
            waiting.append((chain, place))
            if len(places) > _MAX_PLACES:
                raise ManifestUnsupported(f"line {line}: over {_MAX_PLACES} places through aliases")
    return places


_Chain = tuple[tuple[Path, Node], ...]


def _next(document: Document, chain: _Chain, whole: Path) -> Iterator[tuple[Path, int, _Chain]]:
    """Where a place's value also stands, through the aliases of the nodes above it."""
    for path, node in chain:
        rest = whole[len(path) :]
        for alias in document.aliases_of(node) if _anchor(node) else ():
            base = _merged(alias.path)
            if not _overridden(alias, base, rest):
                above = alias.chain[: len(base) + 1] if base != alias.path else alias.chain
                yield base + rest, alias.node.line, above


def _merged(path: Path) -> Path:
    """A merge key's values stand beside it."""
    if path[-1:] == (_MERGE,):
        return path[:-1]
    return path[:-2] if path[-2:-1] == (_MERGE,) else path


def _overridden(alias: Way, base: Path, rest: Path) -> bool:
    """Whether a merge key brings something that its mapping has itself."""
    if base == alias.path or not rest:
        return False
    owner = alias.chain[len(base)][1]
    return isinstance(owner, Mapping) and owner.get(rest[0]) is not None


def _anchor(node: Node) -> str | None:
    return None if isinstance(node, Alias) else node.anchor


def _below(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node, Sequence):
        for position, item in enumerate(node.items):
            yield str(position), item
    elif isinstance(node, Mapping):
        for key, value in node.pairs:
            yield (key.value if isinstance(key, Scalar) else "?"), value


def named(places: dict[Path, int]) -> tuple[str, ...]:
    """`path (line N)` each, by line."""
    ordered = sorted(places.items(), key=lambda place: (place[1], place[0]))
    return tuple(f"{shown(path)} (line {line})" for path, line in ordered)
