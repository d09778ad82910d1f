"""Placeholders of Helm, Flux, kustomize and the like: what they stand for can't be known here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bridge.documents import Document, Place
from bridge.policy.importing.finding import Finding

_PLACEHOLDER = re.compile(r"\{\{|\$\{[A-Za-z_]|\$\([A-Z_][A-Z0-9_]*\)|#\{|<%|@@\w+@@")
_VARIABLE = re.compile(r"\$[A-Za-z_]")  # a regex of a query may well have that
_COMMENTED_OUT = re.compile(r":\s*(#\{.*|#@.*|#!.*)$")  # YAML takes such a value for a comment
_RENDER = "is a template's placeholder: render the file first, then import the result"


def placeholders(document: Document, place: Place, rows: Sequence[str]) -> list[Finding]:
    """A refusal for each value below the place that is still to be filled in."""
    data = document.data
    for part in place:
        data = data[part]
    return [
        _refused(document.name, document.line(where), where, text)
        for root in ("metadata", "spec")
        for where, value in _leaves(data.get(root), (*place, root))
        if (text := _placeholder(where, value, rows, document.line(where)))
    ]


def unreadable(name: str, why: str, rows: Sequence[str]) -> Finding:
    """A refusal for a file, or a part of it, that is no YAML; templates seldom are."""
    line, _, told = why.removeprefix(f"{name}:").partition(": ")
    number = int(line) if line.isdecimal() else 1
    templated = [n for n, row in enumerate(rows, start=1) if "{{" in row]
    if not templated:
        return Finding("refused", name, number, "document", told or why)
    number = number if number in templated else templated[0]
    return _refused(name, number, ("document",), rows[number - 1].strip())


def _refused(name: str, line: int, place: Place, text: str) -> Finding:
    dotted = ".".join(str(part) for part in place)
    return Finding("refused", name, line, dotted, f"{text[:80]!r} {_RENDER}")


def _leaves(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        for key, below in value.items():
            if (*place[-1:], key) not in (("metadata", "annotations"), ("metadata", "labels")):
                yield from _leaves(below, (*place, key))
    elif isinstance(value, list):
        for position, below in enumerate(value):
            yield from _leaves(below, (*place, position))
    else:
        yield place, value


def _placeholder(place: Place, value: Any, rows: Sequence[str], line: int) -> str:
    if value is None:
        commented = _COMMENTED_OUT.search(rows[line - 1]) if line <= len(rows) else None
        return commented[1] if commented else ""
    text = value if isinstance(value, str) else ""
    variable = place[-1] != "query" and _VARIABLE.search(text)
    return text if variable or _PLACEHOLDER.search(text) else ""
