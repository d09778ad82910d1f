"""A field of a document or of an object in it, by its path: the count there, or why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bridge.errors import ManifestUnsupported
from bridge.manifest.anchors import Document, Way, aliased_at, named
from bridge.manifest.count import Count, Source
from bridge.manifest.inside import matched, text_of
from bridge.manifest.locator import Field, Locator
from bridge.manifest.path import Path, shown
from bridge.manifest.target import Target
from bridge.manifest.tree import Alias, Mapping, Node, Scalar, meant
from bridge.manifest.tree import Sequence as List

_SHOWN = 20
_One = TypeVar("_One")


@dataclass(frozen=True, slots=True)
class Object:
    """A mapping with a kind: a document's root, or an item of a List in it."""

    way: Way
    target: Target

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.way.node.line


def objects(document: Document) -> Iterator[Object]:
    """The document's object, or the items of its List; the name is empty where there is none."""
    yield from _objects(document.start)


def _objects(way: Way) -> Iterator[Object]:
    node = way.node
    if not isinstance(node, Mapping) or not (kind := node.text("kind")):
        return
    items = node.get("items")
    if kind.endswith("List") and isinstance(items, List):
        above = way.down("items", items)
        for position, item in enumerate(items.items):
            yield from _objects(above.down(str(position), item))
        return
    metadata = meant(node.get("metadata"))
    name = namespace = None
    if isinstance(metadata, Mapping):
        name, namespace = metadata.text("name"), metadata.text("namespace")
    yield Object(way, Target(kind, name or "", namespace, node.text("apiVersion")))


def field_at(documents: Sequence[Document], where: Field) -> Way:
    """The way to the one field that is meant.

    Raises:
        ManifestUnsupported: no such field, or several.
    """
    starts = list(_starts(documents, where))
    hits = [way for start in starts if (way := walked(start, _rest(start, where)))]
    if len(hits) == 1:
        return hits[0]
    if hits:
        lines = ", ".join(str(way.node.line) for way in hits[:_SHOWN])
        raise ManifestUnsupported(f"{shown(where.path)} stands in several places, on lines {lines}")
    raise ManifestUnsupported(_missing(starts, where))


def _rest(start: Way, where: Field) -> Path:
    """The path from an owner, also where it is given from the document's root on."""
    at = start.path
    return where.path[len(at) :] if at and where.path[: len(at)] == at else where.path


def _starts(documents: Sequence[Document], where: Field) -> Iterator[Way]:
    """From where the path counts: each document that may be meant, or the one object."""
    chosen = documents if where.doc is None else documents[where.doc : where.doc + 1]
    if not documents:
        raise ManifestUnsupported(f"no {shown(where.path)}: the file is empty")
    if not chosen:
        raise ManifestUnsupported(f"no document {where.doc}: the file has {len(documents)}")
    if where.owner is None:
        yield from (document.start for document in chosen)
        return
    there = [found for document in chosen for found in objects(document)]
    fitting = narrowed(there, where.owner, lambda one: one.target)
    if not fitting:
        raise ManifestUnsupported(_no_such(where.owner, there))
    if len(fitting) > 1:
        lines = ", ".join(str(found.line) for found in fitting[:_SHOWN])
        raise ManifestUnsupported(f"{where.owner} stands in several places, on lines {lines}")
    yield fitting[0].way


def narrowed(found: Iterable[_One], target: Target, of: Callable[[_One], Target]) -> list[_One]:
    """Those that fit; where one has exactly the namespace, those with none are others'."""
    fitting = [one for one in found if target.fits(of(one))]
    exact = [one for one in fitting if of(one).namespace == target.namespace]
    return exact if target.namespace is not None and exact else fitting


def walked(start: Way, path: Path) -> Way | None:
    """The way on along the path; None where that leads nowhere.

    Raises:
        ManifestUnsupported: through an alias, or a key given twice.
    """
    way = start
    for key in path:
        node = way.node
        if isinstance(node, Alias):
            raise ManifestUnsupported(
                f"line {node.line}: {shown(way.path)} is the alias *{node.name}: what stands "
                f"below it stands on line {node.to.line}"
            )
        below = _step(node, key)
        if below is None:
            return None
        way = way.down(key, below)
    return way


def _step(node: Node, key: str) -> Node | None:
    if isinstance(node, Mapping):
        return node.get(key)
    if isinstance(node, List) and key.isascii() and key.isdigit():
        position = int(key) if key == "0" or key[0] != "0" else len(node.items)
        return node.items[position] if position < len(node.items) else None
    return None


Span = tuple[int, int]


def count_at(way: Way, locator: Locator, source: Source, span: Span | None = None) -> Count:
    """The count that the way's end is; or that stands in its text, at these characters.

    Raises:
        ManifestUnsupported: it can't be changed safely, or changes more than is permitted.
    """
    node = way.node
    way.refuse_doubles()
    if not isinstance(node, Alias):
        return _moving(way, way.path, locator, source, span)
    if not locator.allow_anchors:
        raise ManifestUnsupported(
            f"line {node.line}: {shown(way.path)} is the alias *{node.name}: the count stands "
            f"on line {node.to.line} (allowAnchors changes it there)"
        )
    return _moving(way.document.way_to(node.to), way.path, locator, source, span)


def _moving(way: Way, asked: Path, locator: Locator, source: Source, span: Span | None) -> Count:
    """The count with all other places that change with it, where that is allowed."""
    node = way.node
    where = f"line {node.line}: {shown(way.path)}"
    if not isinstance(node, Scalar):
        raise ManifestUnsupported(f"{where} is not a number")
    if node.tag:
        raise ManifestUnsupported(f"{where} carries the tag {node.tag}")
    places = aliased_at(way) | {way.path: node.line}
    places.pop(asked, None)
    moves = named(places)
    if (moves or node.anchor) and not locator.allow_anchors:
        also = f", which also changes {', '.join(moves[:_SHOWN])}" if moves else ""
        raise ManifestUnsupported(f"{where} stands at an anchor{also}; allowAnchors permits it")
    start, end = span or _digits(node, where, locator, source)
    whole = (start, end) == (node.start, node.end)
    return replace(source.count(start, end, moves), whole=whole)


def _digits(node: Scalar, where: str, locator: Locator, source: Source) -> Span:
    text = text_of(node, source)
    if locator.pattern:
        return matched(text, locator.pattern, where)
    if node.style in ("|", ">"):
        raise ManifestUnsupported(
            f"{where} is a block of text: a pattern or a marker has to say which number in it"
        )
    start = text.position(0)
    return start, start + len(text.value)


def _missing(starts: Sequence[Way], where: Field) -> str:
    """How far the path leads, and what is there."""
    furthest = max((_furthest(start, where) for start in starts), key=lambda way: len(way.path))
    keys = ", ".join(_keys(furthest.node)[:_SHOWN])
    place = f"{shown(furthest.path)} has" if furthest.path else "there"
    return f"line {furthest.node.line}: no {shown(where.path)}; {place}: {keys or 'nothing below'}"


def _furthest(start: Way, where: Field) -> Way:
    path = _rest(start, where)
    ways = (walked(start, path[:length]) for length in range(len(path), 0, -1))
    return next((way for way in ways if way), start)


def _keys(node: Node) -> list[str]:
    if isinstance(node, Mapping):
        return [
            f"{key.value} (line {key.line})" for key, _ in node.pairs if isinstance(key, Scalar)
        ]
    return [f"{len(node.items)} items"] if isinstance(node, List) else []


def _no_such(owner: Target, found: Sequence[Object]) -> str:
    there = ", ".join(f"{one.target} (line {one.line})" for one in found[:_SHOWN])
    return f"no {owner}; there: {there or 'no objects'}"
