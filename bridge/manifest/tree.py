"""YAML (and so JSON) as a tree whose scalars know where they stand, from libyaml's events.

Events, not PyYAML's composer: that resolves an alias to its anchor's place and refuses
a re-used anchor name, which is valid YAML and in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import yaml

from bridge.errors import ManifestUnsupported

MAX_BYTES = 10_000_000
MAX_DEPTH = 100
_BOM = "\ufeff"


@dataclass(slots=True)
class Scalar:
    """A scalar; `start` and `end` are character offsets, quotes and properties included."""

    value: str
    start: int
    end: int
    line: int
    style: str | None
    decorated: bool
    """Carries an anchor or a tag, which libyaml's marks include."""


@dataclass(slots=True)
class Alias:
    """`*name`: the value stands elsewhere."""

    name: str
    line: int


@dataclass(slots=True)
class Sequence:
    """A list of nodes."""

    line: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    """Pairs in the file's order; a key given twice stays given twice."""

    line: int
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    anchored: bool = False

    def get(self, key: str) -> Node | None:
        """The value at `key`, None without it.

        Raises:
            ManifestUnsupported: the key is given twice.
        """
        found = [v for k, v in self.pairs if isinstance(k, Scalar) and k.value == key]
        if len(found) > 1:
            raise ManifestUnsupported(f"line {found[1].line}: key {key!r} is given twice")
        return found[0] if found else None

    def text(self, key: str) -> str | None:
        """The scalar at `key` as text, None where there is none."""
        node = self.get(key)
        return node.value if isinstance(node, Scalar) else None


Node = Scalar | Alias | Sequence | Mapping


def decode(content: bytes) -> str:
    """The file's text; offsets into it match libyaml's marks.

    Raises:
        ManifestUnsupported: not UTF-8, or too big to be a manifest.
    """
    if len(content) > MAX_BYTES:
        raise ManifestUnsupported(f"{len(content):,} bytes: too big for a manifest")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ManifestUnsupported(f"line {line}: not UTF-8") from error


def parse(text: str) -> Iterator[Node]:
    """The root node of each document of a file that has content.

    Raises:
        ManifestUnsupported: not YAML, or nested too deeply; the text says where.
    """
    shift = len(_BOM) if text.startswith(_BOM) else 0  # libyaml's marks don't count it
    builder = _Builder(shift)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if (root := builder.take(event)) is not None:
                yield root
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ManifestUnsupported(f"line {line}: not YAML: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.encode().count(b"\n", 0, error.position) + 1
        raise ManifestUnsupported(f"line {line}: not YAML: {error.reason}") from error


class _Builder:
    """Turns a stream of events into one tree per document, without recursion."""

    def __init__(self, shift: int) -> None:
        self._shift = shift
        self._open: list[Mapping | Sequence] = []
        self._keys: list[Node | None] = []

    def take(self, event: yaml.Event) -> Node | None:
        """The document's root, once it is complete."""
        node: Node
        match event:
            case yaml.ScalarEvent():
                node = self._scalar(event)
            case yaml.AliasEvent():
                node = Alias(event.anchor or "", _line(event))
            case yaml.MappingStartEvent():
                self._descend(Mapping(_line(event), anchored=event.anchor is not None))
                return None
            case yaml.SequenceStartEvent():
                self._descend(Sequence(_line(event)))
                return None
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                node = self._open.pop()
                self._keys.pop()
            case _:
                return None
        return self._place(node)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        return Scalar(
            value=event.value,
            start=cast("yaml.Mark", event.start_mark).index + self._shift,
            end=cast("yaml.Mark", event.end_mark).index + self._shift,
            line=_line(event),
            style=event.style,
            decorated=event.anchor is not None or event.tag is not None,
        )

    def _descend(self, node: Mapping | Sequence) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise ManifestUnsupported(f"line {node.line}: nested deeper than {MAX_DEPTH} levels")
        self._open.append(node)
        self._keys.append(None)

    def _place(self, node: Node) -> Node | None:
        if not self._open:
            return node
        parent, key = self._open[-1], self._keys[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif key is None:
            self._keys[-1] = node
        else:
            parent.pairs.append((key, node))
            self._keys[-1] = None
        return None


def _line(event: yaml.Event) -> int:
    return cast("yaml.Mark", event.start_mark).line + 1
