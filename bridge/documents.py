"""YAML files that people write: data that remembers its lines, and errors that name them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import yaml

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

Place = tuple[str | int, ...]
Places = Mapping[Place, str]

_TYPE_NAMES = {
    "dict": "a mapping",
    "list": "a list",
    "str": "text",
    "int": "an integer",
    "NoneType": "nothing",
}
_LONGEST_SHOWN = 100
_MAX_DEPTH = 100
_MERGE = "tag:yaml.org,2002:merge"

_DOCUMENT_MARK = re.compile(rb"^---(?=\s|\Z)", re.MULTILINE)  # YAML forbids it inside a scalar
_NOTHING = re.compile(rb"(?:\xef\xbb\xbf)?(?:---)?(?:\s|[#%][^\n]*(?:\n|\Z)|\.\.\.(?=\s|\Z))*")
_SECRET = re.compile(r"(?:password|token|secret)$")  # `…_file` fields hold mere paths


class DocumentInvalid(Exception):
    """Not one well-formed YAML document; the text says where (`file:line: why`)."""


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document as plain data, and the line (1-based) of each of its fields."""

    name: str
    data: Any
    lines: Mapping[Place, int] = field(repr=False)

    def line(self, place: Place) -> int:
        """The line of a field, or of the nearest ancestor that exists."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def complaints(
        self,
        error: ValidationError,
        model: type[BaseModel],
        elsewhere: Places = MappingProxyType({}),
    ) -> str:
        """Pydantic's findings, one line each: `file:line: field: what was expected`.

        An unknown field is told with the one of `model` that was probably meant. Fields that do
        not come from this file stand in `elsewhere`, with the name to show.
        """
        details = _without_echoes(error.errors(include_url=False))
        _note_nearest(details, model)
        above = {place[:end] for place in elsewhere for end in range(1, len(place) + 1)}
        for detail in details:
            detail["loc"] = _place(detail, above.union(self.lines))
        by_line = sorted(details, key=lambda detail: self.line(detail["loc"]))
        return "\n".join(self._complaint(detail, elsewhere) for detail in by_line)

    def _complaint(self, detail: Mapping[str, Any], elsewhere: Places) -> str:
        place = detail["loc"]
        where = self._elsewhere(place, elsewhere) or f"{self.name}:{self.line(place)}"
        dotted = ".".join(str(part) for part in place) or "document"
        return f"{where}: {dotted}: {_expectation(detail, secret=bool(_SECRET.search(dotted)))}"

    def _elsewhere(self, place: Place, elsewhere: Places) -> str | None:
        """What `elsewhere` calls the field, or the ancestor that brought it along."""
        while place not in elsewhere:
            if not place or place in self.lines:
                return None
            place = place[:-1]
        return elsewhere[place]


def _place(detail: Mapping[str, Any], known: Collection[Place]) -> Place:
    """Pydantic's loc without the tags of unions, which are no fields."""
    loc: Place = detail["loc"]
    if detail["type"] == "value_error" and isinstance(detail["input"], dict) and loc not in known:
        loc = loc[:-1]  # a finding on one of a union as a whole
    place: Place = ()
    for position, part in enumerate(loc):
        if (*place, part) in known or position == len(loc) - 1:
            place = (*place, part)
    return place


_PLAIN = {
    "extra_forbidden": "unknown field",
    "missing": "required, but missing",
    "union_tag_not_found": "its type is required, but missing",
}


def _expectation(detail: Mapping[str, Any], *, secret: bool) -> str:
    match detail["type"]:
        case "extra_forbidden" | "missing" | "union_tag_not_found" as kind:
            nearest = detail.get("ctx", {}).get("nearest")
            return _PLAIN[kind] + (f"; did you mean {nearest}?" if nearest else "")
        case "value_error" | "assertion_error":
            return str(detail["ctx"]["error"])
        case "model_type" | "model_attributes_type" | "dict_type" | "tuple_type":
            wanted = "a list" if detail["type"] == "tuple_type" else "a mapping"
            return f"expected {wanted}, not {_type_name(detail['input'])}"
        case "union_tag_invalid":
            wanted, tag = detail["ctx"]["expected_tags"], detail["ctx"]["tag"]
            return f"{detail['ctx']['discriminator']} must be one of {wanted}, not {tag!r}"
        case "too_short":
            return f"expected at least {detail['ctx']['min_length']} item"
        case _:
            given = detail["input"]
            plain = isinstance(given, int | float | str) and not secret
            shown = repr(given)[:_LONGEST_SHOWN] if plain else _type_name(given)
            return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, not {shown}"


def _note_nearest(details: list[ErrorDetails], model: type[BaseModel]) -> None:
    from bridge.misspelt import nearest_field

    for detail in details:
        if detail["type"] == "extra_forbidden":
            detail["ctx"] = {"nearest": nearest_field(model, detail["loc"])}


def _without_echoes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Pydantic calls a list too short as well where it only has a broken item."""
    places = {detail["loc"][:end] for detail in details for end in range(len(detail["loc"]))}
    return [d for d in details if d["type"] != "too_short" or d["loc"] not in places]


def _type_name(given: object) -> str:
    kind = type(given).__name__
    return _TYPE_NAMES.get(kind, kind)


def load_document(text: bytes, name: str) -> Document:
    """Reads exactly one YAML document.

    Raises:
        DocumentInvalid: not UTF-8, not YAML, several documents, or a key given twice.
    """
    try:
        _refuse_depth(text, name)
        node = yaml.compose(text, Loader=_Loader)
        lines = _Lines(name)
        if node is not None:
            lines.note(node)
        data = None if node is None else _Loader("").construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise DocumentInvalid(f"{name}:{mark.line + 1 if mark else 1}: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count(b"\n", 0, error.position) + 1
        raise DocumentInvalid(f"{name}:{line}: not a YAML file: {error.reason}") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise DocumentInvalid(f"{name}:1: a value does not fit its tag: {error}") from error
    return Document(name, data, lines)


def _refuse_depth(text: bytes, name: str) -> None:
    """Before libyaml's composer sees it, which recurses in C until the process dies."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            line = cast("yaml.Mark", event.start_mark).line + 1
            raise DocumentInvalid(f"{name}:{line}: nested deeper than {_MAX_DEPTH} levels")


class _Loader(yaml.CSafeLoader):
    """Safe, and without YAML 1.1's timestamps and `=`: `pausedUntil: 2026-01-01` stays text."""


_LEFT_OUT = ":timestamp", ":value"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(_LEFT_OUT)]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load_documents(text: bytes, name: str) -> Iterator[Document | DocumentInvalid]:
    """Reads every document of a file; one that can't be read leaves the others as they are."""
    starts = [0, *(mark.start() for mark in _DOCUMENT_MARK.finditer(text)), len(text)]
    for start, end in pairwise(starts):
        if _NOTHING.fullmatch(text, start, end):
            continue
        try:  # the lines before it keep their newlines, so that its own have their numbers
            yield load_document(b"\n" * text.count(b"\n", 0, start) + text[start:end], name)
        except DocumentInvalid as error:
            yield error


class _Lines(dict[Place, int]):
    """Where each field stands; a node met again through an alias is not walked again."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._walked: set[int] = set()

    def note(self, node: yaml.Node, place: Place = ()) -> None:
        self.setdefault(place, node.start_mark.line + 1)
        if id(node) in self._walked:
            return
        self._walked.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            for position, item in enumerate(node.value):
                self.note(item, (*place, position))
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self._note_field(key, value, place)

    def _note_field(self, key: yaml.Node, value: yaml.Node, place: Place) -> None:
        line = key.start_mark.line + 1
        if key.tag == _MERGE:  # a few nested ones would fill the memory
            raise DocumentInvalid(f"{self._name}:{line}: merge keys (<<) are not supported")
        below = (*place, str(key.value))
        if below in self:
            raise DocumentInvalid(f"{self._name}:{line}: {key.value}: key given twice")
        self[below] = line
        self.note(value, below)
