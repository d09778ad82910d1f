"""A policy file with some fields set: their bytes are spliced, every other byte survives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import yaml

from bridge.documents import Place
from bridge.errors import PolicyInvalid

Value = str | int | float | Mapping[str, "Value"]
"""What a field may be set to."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9./]*")
_NO_TEXT = re.compile(
    r"true|false|yes|no|on|off|y|n|null|[0-9.]+(e[0-9]+)?|0[xob][0-9a-f]+", re.IGNORECASE
)
"""What a reader of YAML 1.1 or of 1.2 takes for something else."""


def with_fields(text: str, fields: Mapping[Place, Value], path: str) -> str:
    """The file with each field set; one that is missing is added, with the mappings around it.

    Raises:
        PolicyInvalid: where a field stands in no plain place (an anchor, a tag, a block text).
    """
    for place, value in fields.items():
        text = _with_field(text, place, value, path)
    return text


def shown(value: Value) -> str:
    """In YAML, in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and not _NO_TEXT.fullmatch(value)
        return value if plain else json.dumps(value)
    return f"{Decimal(repr(value)).normalize():f}" if isinstance(value, float) else str(value)


def _with_field(text: str, place: Place, value: Value, path: str) -> str:
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    for depth, part in enumerate(place):
        found = _child(node, part)
        if found is None:
            if not isinstance(node, yaml.MappingNode):
                raise _unplain(path, node, place)
            step = _indentation(text)
            return _added(text, node, _nested(place[depth:], value), step)
        node = found
    if node is None or not _is_plain(text, node):
        raise _unplain(path, node, place)
    return text[: node.start_mark.index] + shown(value) + text[node.end_mark.index :]


def _child(node: yaml.Node | None, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        return node.value[part] if part < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    return None


def _is_plain(text: str, node: yaml.Node) -> bool:
    """Whether its bytes are its own: a scalar of one line, or a mapping in braces."""
    inside = text[node.start_mark.index : node.end_mark.index]
    flow = isinstance(node, yaml.MappingNode) and node.flow_style
    one_line = isinstance(node, yaml.ScalarNode) and node.style not in {"|", ">"}
    return bool((flow or one_line) and inside and inside[0] not in "&*!" and "\n" not in inside)


def _indentation(text: str) -> int:
    """How far this file indents a mapping within another."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    inner = [value for _, value in root.value] if isinstance(root, yaml.MappingNode) else []
    columns = (
        node.start_mark.column
        for node in inner
        if isinstance(node, yaml.MappingNode) and not node.flow_style
    )
    return next(columns, 2)


def _nested(place: Sequence[str | int], value: Value) -> dict[str, Value]:
    """The value in a mapping for each part of its place."""
    for part in reversed(place[1:]):
        value = {str(part): value}
    return {str(place[0]): value}


def _added(text: str, node: yaml.MappingNode, entry: Mapping[str, Value], step: int) -> str:
    """With a new last entry of the mapping, in its own style."""
    if node.flow_style:
        end = node.end_mark.index - 1
        filled = text[:end].rstrip()
        separator = ", " if node.value and not filled.endswith(",") else ""
        return f"{filled}{separator}{shown(entry)[1:-1]}{text[end:]}"
    first = node.value[0][0].start_mark
    newline = "\r\n" if "\r\n" in text else "\n"
    between = newline + " " * first.column
    written = between.join(_block(entry, step))
    end = _last_line_end(text, node)
    if end is None:
        return f"{text[: first.index]}{written}{between}{text[first.index :]}"
    return f"{text[:end]}{between}{written}{text[end:]}"


def _block(entry: Mapping[str, Value], step: int) -> Iterator[str]:
    """A line for each field, those of a mapping below its name."""
    for key, value in entry.items():
        if isinstance(value, Mapping):
            yield f"{key}:"
            yield from (" " * step + line for line in _block(value, step))
        else:
            yield f"{key}: {shown(value)}"


def _last_line_end(text: str, node: yaml.Node) -> int | None:
    """Where the line with the last of a block ends; None after a text of many lines."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    if isinstance(node, yaml.ScalarNode) and (node.style in {"|", ">"} or not node.value):
        return None
    line = re.compile(r"\r?\n|\Z").search(text, node.end_mark.index)
    return line.start() if line else None


def _unplain(path: str, node: yaml.Node | None, place: Place) -> PolicyInvalid:
    line = node.start_mark.line + 1 if node else 1
    field = ".".join(str(part) for part in place)
    return PolicyInvalid(
        f"{path}:{line}: {field}: can't be set here byte by byte; write it on one line of its own, "
        "without anchors and tags"
    )
