"""Markers: a comment `scalebridge: NAME` behind an integer, in any text file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.errors import ManifestUnsupported
from bridge.manifest.count import Source
from bridge.manifest.inside import matched, plain

SCREEN = b"scalebridge:"
_MARKER = re.compile(r"(?:#|//|;|--|/\*|<!--)[ \t]*scalebridge:[ \t]*(\w(?:[\w./-]*\w)?)")
_OPENERS = ("#", "//", ";", "--", "/*", "<!--")
_INTEGER = re.compile(r"(?<![\w.+$-])[0-9]+(?![\w.]|-\w)")
_LINE_END = re.compile(r"[\r\n]|\Z")
_MOST = 1_000
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked line: the characters before its marker, and behind it."""

    name: str
    line: int
    start: int
    marker: int
    end: int


def markers(source: Source) -> Iterator[Marked]:
    """Every marker of the file, from top to bottom.

    Raises:
        ManifestUnsupported: more of them than people write.
    """
    text, start, end = source.text, 0, -1
    for number, match in enumerate(_MARKER.finditer(text)):
        if number >= _MOST:
            line = source.line(match.start())
            raise ManifestUnsupported(f"line {line}: more than {_MOST:,} markers")
        if match.start() > end:
            start = 1 + max(text.rfind(end_of, 0, match.start()) for end_of in "\r\n")
            ended = _LINE_END.search(text, match.end())
            end = ended.start() if ended else len(text)
        yield Marked(match[1], source.line(start), start, match.start(), end)


def one_marked(source: Source, name: str, between: tuple[int, int] | None = None) -> Marked:
    """The one line with this marker, `between` two characters where they are given.

    Raises:
        ManifestUnsupported: none, or several.
    """
    there = list(markers(source))
    first, last = between or (0, len(source.text))
    found = [m for m in there if m.name == name and first <= m.marker and m.start < last]
    if len(found) == 1:
        return found[0]
    if found:
        lines = ", ".join(str(marked.line) for marked in found)
        raise ManifestUnsupported(f"marker {name} stands in several places, on lines {lines}")
    named = ", ".join(f"{marked.name} (line {marked.line})" for marked in there[:_SHOWN])
    raise ManifestUnsupported(f"no marker {name}; there: {named or 'no markers'}")


def marked_digits(source: Source, marked: Marked, pattern: str | None) -> tuple[int, int]:
    """The characters of the line's count.

    Raises:
        ManifestUnsupported: no integer before the marker, several, or a line that is a comment.
    """
    text = plain(source, marked.start, marked.marker)
    where = f"line {marked.line}: marker {marked.name}"
    if text.value.lstrip().startswith(_OPENERS):
        raise ManifestUnsupported(f"{where} stands on a line that is a comment")
    if pattern:
        return matched(text, pattern, where)
    numbers = [match.span() for match in _INTEGER.finditer(text.value)]
    if len(numbers) != 1:
        found = ", ".join(text.value[start:end] for start, end in numbers[:_SHOWN]) or "none"
        raise ManifestUnsupported(
            f"{where}: expected one integer before it, found {found}"
            f"{': a pattern has to say which' if numbers else ''}"
        )
    start, end = numbers[0]
    return text.position(start), text.position(end)
