"""A count: an integer's digits in a file, and which texts are one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bridge.errors import ManifestUnsupported

MAX_COUNT = 2**31 - 1
_INTEGER = re.compile(r"0|[1-9][0-9]{0,9}")
_TEMPLATE = re.compile(r"\{\{|\$\{|\$\(|<%|%\{|\{%")


@dataclass(frozen=True, slots=True)
class Count:
    """An integer's digits: bytes `start` to `end` of the file, on this line."""

    value: int
    start: int
    end: int
    line: int
    moves: tuple[str, ...] = ()
    """Other places that have this count through an alias, as `path (line N)`."""
    whole: bool = field(default=False, compare=False)
    """The digits are all of a plain scalar, as the parser saw it."""

    def written(self, value: int) -> bytes:
        """What stands from `start` to `end` with this value."""
        return str(value).encode()


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a count is missing, and what it is put between; nothing is replaced."""

    start: int
    line: int
    head: bytes
    tail: bytes = b""

    @property
    def end(self) -> int:
        """Where the file goes on."""
        return self.start

    @property
    def value(self) -> None:
        """None, unlike a count's."""
        return None

    @property
    def moves(self) -> tuple[str, ...]:
        """Nothing refers to what is not there yet."""
        return ()

    def written(self, value: int) -> bytes:
        """The line that is inserted."""
        return self.head + str(value).encode() + self.tail


class Source:
    """A file's text, whose character offsets become the file's bytes."""

    __slots__ = ("_mark", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._mark = 0, 0, 1  # character, byte, line: counts are asked for from top to bottom

    def count(self, start: int, end: int, moves: tuple[str, ...] = ()) -> Count:
        """The count whose digits are the characters `start` to `end`.

        Raises:
            ManifestUnsupported: they are no plain integer.
        """
        raw = self.text[start:end]
        offset, line = self.place(start)
        if _TEMPLATE.search(raw):
            raise ManifestUnsupported(f"line {line}: {raw[:40]!r} is a template, not a number")
        if not _INTEGER.fullmatch(raw) or int(raw) > MAX_COUNT:
            raise ManifestUnsupported(f"line {line}: {raw[:40]!r} is not a plain integer")
        return Count(int(raw), offset, offset + len(raw), line, moves)

    def place(self, position: int) -> tuple[int, int]:
        """The byte at which a character stands, and its line (1-based).

        A CR, an LF and both together end a line.
        """
        if position < self._mark[0]:
            self._mark = 0, 0, 1
        character, byte, line = self._mark
        passed = self.text[character:position]
        byte += len(passed) if passed.isascii() else len(passed.encode())
        line += passed.count("\n") + passed.count("\r") - passed.count("\r\n")
        self._mark = position, byte, line
        return byte, line

    def line(self, position: int) -> int:
        """The line (1-based) of a character."""
        return self.place(position)[1]
