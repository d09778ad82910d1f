"""What a manifest holds at its fields, whatever people wrote there; nothing of it is trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bridge.documents import Document, Place

Lines = tuple[int, int]
"""The first and the last line of something."""


@dataclass(frozen=True, slots=True)
class Part:
    """A value of a document, and its way from the root."""

    document: Document
    place: Place
    data: Any

    def at(self, *path: str) -> Part:
        """What stands there; `data` is None where nothing does."""
        data = self.data
        for key in path:
            data = data.get(key) if isinstance(data, dict) else None
        return Part(self.document, (*self.place, *path), data)

    def text(self, *path: str) -> str:
        """A text, or a number as text; empty where there is none."""
        data = self.at(*path).data
        return str(data) if isinstance(data, str | int) and not isinstance(data, bool) else ""

    def items(self, *path: str) -> Iterator[Part]:
        """Those of a list."""
        found = self.at(*path)
        for position, item in enumerate(found.data if isinstance(found.data, list) else ()):
            yield Part(self.document, (*found.place, position), item)

    def texts(self, *path: str) -> list[str]:
        """Those of a list of texts."""
        return [item.data for item in self.items(*path) if isinstance(item.data, str)]

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.document.line(self.place)

    @property
    def lines(self) -> Lines:
        """Where it begins, and where it ends: before whatever is noted next."""
        size = len(self.place)
        inside = [line for at, line in self.document.lines.items() if at[:size] == self.place]
        first, last = min(inside, default=self.line), max(inside, default=self.line)
        after = [line for line in self.document.lines.values() if line > last]
        return first, max(last, min(after, default=last + _LONGEST) - 1)


_LONGEST = 10_000
"""Lines that the last text of a document may have: its end is not noted."""


def objects(document: Document) -> Iterator[Part]:
    """The document's object, or the items of its List."""
    root = Part(document, (), document.data)
    if root.text("kind").endswith("List") and isinstance(root.at("items").data, list):
        yield from root.items("items")
    else:
        yield root
