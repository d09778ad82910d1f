"""TOML: a value's digits are those whose change moves that value, and no other, for the parser.

tomllib gives values without places; so the digits are found by experiment.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from bridge.errors import ManifestUnsupported
from bridge.manifest.count import Count, Source
from bridge.manifest.inside import matched, plain
from bridge.manifest.path import Path, shown

_MAX_CHARACTERS = 200_000
_MAX_READ = 5_000_000

Value = Any


def toml_count(source: Source, path: Path, pattern: str | None) -> Count:
    """The count at a path.

    Raises:
        ManifestUnsupported: not TOML, no such value, or one that is no plain integer.
    """
    data = parsed(source.text)
    value = _dig(data, path)
    digits, changed = _experiment(value, path, pattern)
    places = [
        start
        for start in _occurrences(source.text, digits)
        if _is(source.text, (start, start + len(digits)), (path, changed), data)
    ]
    if len(places) != 1:
        raise ManifestUnsupported(f"{shown(path)} is {value!r}, but not written as plain digits")
    return source.count(places[0], places[0] + len(digits))


def parsed(text: str) -> dict[str, Value]:
    """The file as plain data; fractions stay text, so that equal files are equal data."""
    if len(text) > _MAX_CHARACTERS:
        raise ManifestUnsupported(f"over {_MAX_CHARACTERS:,} characters: too big for TOML")
    try:
        return tomllib.loads(text.removeprefix("\ufeff"), parse_float=str)
    except tomllib.TOMLDecodeError as error:
        raise ManifestUnsupported(f"not TOML: {error}") from error
    except RecursionError as error:
        raise ManifestUnsupported("nested too deeply") from error
    except ValueError as error:  # of thousands of digits
        raise ManifestUnsupported(f"not TOML: {error}") from error


def _dig(data: Value, path: Path) -> Value:
    for depth, key in enumerate(path):
        if isinstance(data, dict) and key in data:
            data = data[key]
        elif isinstance(data, list) and key.isdecimal() and int(key) < len(data):
            data = data[int(key)]
        else:
            keys = ", ".join(data) if isinstance(data, dict) else "no keys"
            place = f"below {shown(path[:depth])}" if depth else "there"
            raise ManifestUnsupported(f"no {shown(path)}; {place}: {keys}")
    return data


def _experiment(value: Value, path: Path, pattern: str | None) -> tuple[str, Value]:
    """The digits to look for, and what the value becomes with a 1 before them."""
    if isinstance(value, str):
        text = plain(Source(value), 0, len(value))
        start, end = matched(text, pattern or r"\A([0-9]+)\Z", shown(path))
        return value[start:end], f"{value[:start]}1{value[start:]}"
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ManifestUnsupported(f"{shown(path)} is not a count")
    if pattern:
        raise ManifestUnsupported(f"{shown(path)} is a number: it needs no pattern")
    return str(value), int(f"1{value}")


def _occurrences(text: str, digits: str) -> Iterator[int]:
    found = re.finditer(rf"(?<![0-9]){digits}(?![0-9])", text)
    for number, match in enumerate(found):
        if number * len(text) > _MAX_READ:
            raise ManifestUnsupported(f"{digits} stands in over {number} places of a big file")
        yield match.start()


def _is(
    text: str, span: tuple[int, int], moved: tuple[Path, Value], data: dict[str, Value]
) -> bool:
    """Whether a 1 before these characters makes this value of the data, and nothing else."""
    try:
        trial = parsed(f"{text[: span[0]]}1{text[span[0] :]}")
    except ManifestUnsupported:
        return False
    path, value = moved
    return same_but(data, trial, path, value)


def same_but(before: Value, after: Value, path: Path, value: Value) -> bool:
    """Whether `after` is `before` with another value at the path."""
    if not path:
        return bool(type(after) is type(value) and after == value)
    if isinstance(before, dict) and isinstance(after, dict):
        return list(before) == list(after) and all(
            same_but(before[key], after[key], path[1:], value)
            if key == path[0]
            else before[key] == after[key]
            for key in before
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(
            same_but(one, other, path[1:], value) if str(place) == path[0] else one == other
            for place, (one, other) in enumerate(zip(before, after, strict=True))
        )
    return False
