"""Where a count that is missing would stand: in a workload's spec, in a kustomization's list.

Indentation, quotes and line ends are those of the neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.errors import ManifestUnsupported
from bridge.manifest.anchors import Document, Way, aliased_at
from bridge.manifest.count import Gap, Source
from bridge.manifest.field import field_at, walked
from bridge.manifest.kustomize import entries, lists
from bridge.manifest.locator import Field
from bridge.manifest.path import shown
from bridge.manifest.tree import Mapping, Node, Scalar
from bridge.manifest.tree import Sequence as List

_BREAK = re.compile(r"\r\n|\r|\n")
_NAME = re.compile(r"[a-z](?:[a-z0-9.-]*[a-z0-9])?")
_KUSTOMIZATIONS = ("Kustomization", "Component", None)  # kustomize fills in a missing kind
_NO_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def field_gap(documents: Sequence[Document], where: Field, source: Source) -> Gap | None:
    """Where the field's last key would stand; None where it is there already.

    Raises:
        ManifestUnsupported: its mapping is missing, or written so that nothing can be inserted.
    """
    *above, key = where.path
    parent = field_at(documents, replace(where, path=tuple(above)))
    if walked(parent, (key,)):
        return None
    node = parent.node
    if not isinstance(node, Mapping):
        raise ManifestUnsupported(f"line {node.line}: {shown(parent.path)} is no mapping")
    if aliased_at(parent) or node.get("<<") is not None:
        raise ManifestUnsupported(
            f"line {node.line}: {shown(parent.path)} is shared by an anchor or a merge key: "
            f"nothing is inserted there"
        )
    return _Inserting(source).pair(parent, key)


def entry_gap(documents: Sequence[Document], name: str, source: Source) -> Gap | None:
    """Where a kustomization's entry of this name would stand; None where there is one.

    Raises:
        ManifestUnsupported: several lists, or one written so that nothing can be inserted.
    """
    if any(entry.name == name for entry in entries(documents)):
        return None
    if not _NAME.fullmatch(name) or name in _NO_TEXT:
        raise ManifestUnsupported(f"{name!r} is no name that can be inserted as it is")
    found = [way for document in documents for way in lists(document)]
    if len(found) > 1:
        lines = ", ".join(str(way.node.line) for way in found)
        raise ManifestUnsupported(f"several lists of replicas, on lines {lines}")
    if found:
        return _Inserting(source).item(found[0], name)
    return _Inserting(source).new_list(documents, name)


@dataclass(frozen=True, slots=True)
class _Inserting:
    source: Source

    def pair(self, parent: Way, key: str) -> Gap:
        """A first pair of the mapping."""
        node = parent.node
        if not isinstance(node, Mapping):
            raise TypeError(f"no mapping: {node}")
        if node.flow:
            return self._flow_pair(node, key)
        indent = self._margin(node.pairs[0][0])
        above = next(k for k, v in _pairs(parent.chain[-2][1]) if v is node)
        at, line_end = self._line_end(above)
        if indent.strip() or not line_end or at > node.pairs[0][0].start:
            raise _unusual(node, parent)
        return self._gap(at, f"{indent}{key}: ", line_end)

    def _flow_pair(self, node: Mapping, key: str) -> Gap:
        text = self.source.text
        brace = text.index("{", node.start) + 1
        if not node.pairs:
            return self._gap(brace, f'"{key}": ' if text.lstrip()[0] in "{[" else f"{key}: ", "")
        first, value = node.pairs[0]
        space = text[brace : first.start]
        between = text[first.end : value.start]
        if space.strip() or between.strip() != ":":
            raise ManifestUnsupported(f"line {node.line}: nothing can be inserted between comments")
        quote = '"' if isinstance(first, Scalar) and first.style == '"' else ""
        return self._gap(
            brace, f"{space}{quote}{key}{quote}{between}", "," if space or between == ":" else ", "
        )

    def item(self, way: Way, name: str) -> Gap:
        """A last item of the list."""
        node = way.node
        if not isinstance(node, List):
            raise TypeError(f"no list: {node}")
        if node.items and isinstance(node.items[-1], Scalar):
            return self._text_item(node, f"{name}=")
        if node.flow:
            at = node.items[-1].end if node.items else self.source.text.index("[", node.start) + 1
            quote = '"' if self.source.text.lstrip()[0] in "{[" else ""
            comma = ", " if node.items else ""
            head = f"{comma}{{{quote}name{quote}: {quote}{name}{quote}, {quote}count{quote}: "
            return self._gap(at, head, "}")
        last = node.items[-1]
        margin = self._margin(last)
        if margin.strip(" \t-") or margin.count("-") != 1:
            raise _unusual(node, way)
        if isinstance(last, Mapping) and not last.flow:
            return self._after(last, f"{margin}name: {name}", f"{' ' * len(margin)}count: ", "")
        return self._after(last, "", f"{margin}{{name: {name}, count: ", "}")

    def _text_item(self, node: List, text: str) -> Gap:
        """As the neighbours `name=4` are."""
        last = node.items[-1]
        if node.flow:
            return self._gap(last.end, f", {text}", "")
        return self._after(last, "", f"{self._margin(last)}{text}", "")

    def new_list(self, documents: Sequence[Document], name: str) -> Gap:
        """A list of its own, at the end of the one document."""
        roots = [d.root for d in documents if isinstance(d.root, Mapping) and not d.root.flow]
        other = len(roots) != 1 or len(documents) != 1 or roots[0].get("replicas") is not None
        if (
            other
            or roots[0].text("kind") not in _KUSTOMIZATIONS
            or self._margin(roots[0].pairs[0][0])
        ):
            raise ManifestUnsupported("no kustomization to which replicas could be added")
        return self._after(roots[0], f"replicas:\n- name: {name}", "  count: ", "")

    def _after(self, node: Node, above: str, head: str, tail: str) -> Gap:
        """On lines of their own behind a node, with the line end of its last line."""
        last = _last(node)
        if isinstance(last, Scalar) and last.style in ("|", ">"):
            raise ManifestUnsupported(f"line {last.line}: nothing is inserted behind a text block")
        at, line_end = self._line_end(last)
        newline = line_end or self._any_line_end()
        lines = "\n".join(filter(None, (above, head))).replace("\n", newline)
        if line_end:
            return self._gap(at, lines, f"{tail}{line_end}")
        return self._gap(at, f"{newline}{lines}", tail)

    def _line_end(self, node: Node) -> tuple[int, str]:
        """Behind the node's line, and what ends it: nothing at the end of the file."""
        match = _BREAK.search(self.source.text, node.end)
        return (match.end(), match[0]) if match else (len(self.source.text), "")

    def _any_line_end(self) -> str:
        match = _BREAK.search(self.source.text)
        return match[0] if match else "\n"

    def _margin(self, node: Node) -> str:
        """What stands before the node on its line."""
        before = self.source.text[: node.start]
        return before[max(before.rfind("\n"), before.rfind("\r")) + 1 :].lstrip("\ufeff")

    def _gap(self, at: int, head: str, tail: str) -> Gap:
        byte, line = self.source.place(at)
        return Gap(byte, line, head.encode(), tail.encode())


def _pairs(node: Node) -> list[tuple[Node, Node]]:
    return node.pairs if isinstance(node, Mapping) else []


def _last(node: Node) -> Node:
    """The node whose end is the end of this one in the file; a block's own mark lies behind it."""
    while not isinstance(node, Scalar) and (below := _inner(node)):
        node = below
    return node


def _inner(node: Node) -> Node | None:
    if isinstance(node, Mapping) and not node.flow:
        return node.pairs[-1][1] if node.pairs else None
    if isinstance(node, List) and not node.flow:
        return node.items[-1] if node.items else None
    return None


def _unusual(node: Node, way: Way) -> ManifestUnsupported:
    place = shown(way.path)
    return ManifestUnsupported(f"line {node.line}: {place} is written so that nothing fits in")
