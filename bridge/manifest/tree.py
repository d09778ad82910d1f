"""YAML (and so JSON) as a tree whose nodes know where they stand, from libyaml's events.

Events, not PyYAML's composer: that resolves an alias to its anchor's place and refuses
a re-used anchor name, which is valid YAML and in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from bridge.errors import ManifestUnsupported

MAX_BYTES = 10_000_000
MAX_DEPTH = 100
MAX_NODES = 300_000
MAX_DOCUMENTS = 10_000
_BOM = "\ufeff"
_SURROGATES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


@dataclass(slots=True)
class Scalar:
    """A scalar; `start` and `end` are character offsets, quotes and properties included."""

    value: str
    start: int
    end: int
    line: int
    style: str | None
    anchor: str | None
    tag: str | None


@dataclass(slots=True)
class Alias:
    """`*name`: the value is the one that stands at `to`."""

    name: str
    start: int
    end: int
    line: int
    to: Node


@dataclass(slots=True)
class Sequence:
    """A list of nodes."""

    line: int
    start: int
    anchor: str | None
    flow: bool
    items: list[Node] = field(default_factory=list)
    end: int = 0


@dataclass(slots=True)
class Mapping:
    """Pairs in the file's order; a key given twice stays given twice."""

    line: int
    start: int
    anchor: str | None
    flow: bool
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    end: int = 0

    def get(self, key: str) -> Node | None:
        """The value at `key`, None without it.

        Raises:
            ManifestUnsupported: the key is given twice.
        """
        found = None
        for name, value in self.pairs:
            if type(name) is Scalar and name.value == key:
                if found is not None:
                    raise ManifestUnsupported(f"line {value.line}: key {key!r} is given twice")
                found = value
        return found

    def text(self, key: str) -> str | None:
        """The scalar at `key` as text, also through an alias; None where there is none."""
        node = meant(self.get(key))
        return node.value if isinstance(node, Scalar) else None


Node = Scalar | Alias | Sequence | Mapping


def meant(node: Node | None) -> Node | None:
    """What an alias stands for; any other node itself."""
    return node.to if isinstance(node, Alias) else node


def decode(content: bytes) -> str:
    """The file's text; offsets into it match libyaml's marks.

    Raises:
        ManifestUnsupported: not UTF-8, or too big to be a manifest.
    """
    if len(content) > MAX_BYTES:
        raise ManifestUnsupported(f"over {MAX_BYTES:,} bytes: too big for a manifest")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ManifestUnsupported(f"line {line}: not UTF-8") from error


def parse(text: str) -> Iterator[Node]:
    """The root node of each document of a file, the empty text where it has no content.

    Raises:
        ManifestUnsupported: not YAML, a template, or beyond a limit; the text says where.
    """
    shift = len(_BOM) if text.startswith(_BOM) else 0  # libyaml's marks don't count it
    if "\\ud" in text or "\\uD" in text:  # JSON's way of writing 🚀, which is not YAML's
        text = _SURROGATES.sub(r"\\u0020\\u0020", text)
    builder = _Builder(text, shift)
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

    def __init__(self, text: str, shift: int) -> None:
        self._text = text
        self._shift = shift
        self._open: list[Mapping | Sequence] = []
        self._keys: list[Node | None] = []
        self._anchors: dict[str, Node] = {}
        self._nodes = 0
        self._documents = 0
        self._takes = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceStartEvent: self._sequence,
            yaml.MappingEndEvent: self._ascend,
            yaml.SequenceEndEvent: self._ascend,
            yaml.DocumentStartEvent: self._begin,
        }

    def take(self, event: yaml.Event) -> Node | None:
        """The document's root, once it is complete."""
        take = self._takes.get(type(event))
        return take(event) if take else None

    def _begin(self, event: Any) -> None:
        self._anchors = {}
        self._documents += 1
        if self._documents > MAX_DOCUMENTS:
            raise ManifestUnsupported(f"line {_line(event)}: more than {MAX_DOCUMENTS:,} documents")

    def _scalar(self, event: Any) -> Node | None:
        start = event.start_mark
        node = Scalar(
            event.value,
            start.index + self._shift,
            event.end_mark.index + self._shift,
            start.line + 1,
            event.style,
            event.anchor,
            event.tag,
        )
        return self._place(node)

    def _alias(self, event: Any) -> Node | None:
        start, end = event.start_mark.index + self._shift, event.end_mark.index + self._shift
        to = self._anchors.get(event.anchor)
        if to is None:
            raise ManifestUnsupported(
                f"line {_line(event)}: not YAML: no anchor before *{event.anchor} has that name"
            )
        return self._place(Alias(event.anchor, start, end, _line(event), to))

    def _mapping(self, event: Any) -> None:
        start = event.start_mark.index + self._shift
        if event.flow_style and self._text.startswith("{{", start):
            raise ManifestUnsupported(f"line {_line(event)}: a template ({{{{ … }}}}), not YAML")
        self._descend(Mapping(_line(event), start, event.anchor, bool(event.flow_style)))

    def _sequence(self, event: Any) -> None:
        start = event.start_mark.index + self._shift
        self._descend(Sequence(_line(event), start, event.anchor, bool(event.flow_style)))

    def _descend(self, node: Mapping | Sequence) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise ManifestUnsupported(f"line {node.line}: nested deeper than {MAX_DEPTH} levels")
        if node.anchor:
            self._anchors[node.anchor] = node
        self._open.append(node)
        self._keys.append(None)

    def _ascend(self, event: Any) -> Node | None:
        self._keys.pop()
        node = self._open.pop()
        node.end = event.end_mark.index + self._shift
        return self._place(node)

    def _place(self, node: Node) -> Node | None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ManifestUnsupported(f"line {node.line}: more than {MAX_NODES:,} values")
        if type(node) is Scalar and node.anchor:
            self._anchors[node.anchor] = node
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


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1
