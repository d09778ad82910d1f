"""From a file's bytes and a locator to the one place where the count stands: for everyone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from bridge.errors import ManifestUnsupported
from bridge.manifest.anchors import Document, Way
from bridge.manifest.count import Count, Gap, Source
from bridge.manifest.field import count_at, field_at
from bridge.manifest.gap import entry_gap, field_gap
from bridge.manifest.kustomize import replicas_count
from bridge.manifest.locator import Field, KustomizeReplicas, Locator, Marker
from bridge.manifest.marker import marked_digits, one_marked
from bridge.manifest.target import Target
from bridge.manifest.toml import toml_count
from bridge.manifest.tree import Scalar, decode, parse

YAML_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_TOML = ".toml"


@dataclass(frozen=True)
class Opened:
    """A file's text, and its documents once somebody asks for them."""

    source: Source
    suffix: str

    @cached_property
    def documents(self) -> Sequence[Document]:
        """The documents of a YAML or JSON file.

        Raises:
            ManifestUnsupported: it is none.
        """
        return [Document(number, root) for number, root in enumerate(parse(self.source.text))]


def opened(content: bytes, path: str) -> Opened:
    """The file; its name says what it is.

    Raises:
        ManifestUnsupported: not UTF-8 text, or too big.
    """
    return Opened(Source(decode(content)), suffix_of(path))


def suffix_of(path: str) -> str:
    """What the file's name says of its format; kustomize also takes a mere `Kustomization`."""
    name = path.rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    if not stem:  # as `.env` has none
        return ".yaml" if name == "Kustomization" else ""
    return f"{dot}{suffix}".lower()


def located(content: bytes, path: str, locator: Locator) -> Count | Gap:
    """Where the count stands; a gap where it is missing and the locator lets it be inserted.

    Raises:
        ManifestUnsupported: nowhere, in several places, or in an unsafe one; the text names
            lines, and lists what else is there.
    """
    return found_in(opened(content, path), locator)


def found_in(file: Opened, locator: Locator) -> Count | Gap:
    """The same in a file that is open already."""
    where = locator.where
    if isinstance(where, Marker):
        return _marked(file, where, locator)
    if file.suffix == _TOML:
        return _in_toml(file, locator)
    if isinstance(where, KustomizeReplicas):
        gap = entry_gap(file.documents, where.name, file.source) if locator.insert else None
        return gap or replicas_count(file.documents, where.name, locator, file.source)
    gap = field_gap(file.documents, where, file.source) if locator.insert else None
    return gap or count_at(field_at(file.documents, where), locator, file.source)


def _in_toml(file: Opened, locator: Locator) -> Count:
    where = locator.where
    if not isinstance(where, Field) or where.owner or where.doc:
        raise ManifestUnsupported("a TOML file has neither objects nor documents: give a path")
    return toml_count(file.source, where.path, locator.pattern)


def _marked(file: Opened, where: Marker, locator: Locator) -> Count:
    """The marked count; where the file is YAML, it has to be a value of it."""
    between = None
    if where.within is not None:
        node = field_at(file.documents, where.within).node
        if not isinstance(node, Scalar):
            raise ManifestUnsupported(f"line {node.line}: no text that could hold a marker")
        between = node.start, node.end
    marked = one_marked(file.source, where.name, between)
    start, end = marked_digits(file.source, marked, locator.pattern)
    if file.suffix not in YAML_SUFFIXES:
        return file.source.count(start, end)
    return count_at(_value_at(file, start, end), locator, file.source, (start, end))


def _value_at(file: Opened, start: int, end: int) -> Way:
    """The value of the file in which these characters stand."""
    for document in file.documents:
        for way in document.ways():
            node = way.node
            if isinstance(node, Scalar) and node.start <= start and end <= node.end:
                return way
    line = file.source.line(start)
    raise ManifestUnsupported(f"line {line}: the marked number is no value of the file")


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
