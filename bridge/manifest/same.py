"""Whether two versions of a file mean the same, but for the counts that were written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from bridge.manifest.locate import Opened
from bridge.manifest.path import Path
from bridge.manifest.toml import parsed
from bridge.manifest.tree import Alias, Mapping, Node, Scalar
from bridge.manifest.tree import Sequence as List

_NUMBER = re.compile("[0-9]+")


@dataclass(frozen=True, slots=True)
class Written:
    """The bytes of the edited file that are new: digits in place of others, and insertions."""

    digits: list[tuple[int, int]]
    inserted: list[tuple[int, int]]


def same_documents(before: Opened, after: Opened, written: Written) -> bool:
    """YAML: each value but those written is as it was: text, style, anchor, tag, alias, order."""
    text = after.source.text
    if not text.isascii():
        written = Written(_characters(text, written.digits), _characters(text, written.inserted))
    compare = _Comparing(written)
    pairs = zip_longest(before.documents, after.documents)
    return all(one and other and compare.same(one.root, other.root) for one, other in pairs)


def _characters(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    raw = text.encode()
    return [(len(raw[:start].decode()), len(raw[:end].decode())) for start, end in spans]


@dataclass(frozen=True, slots=True)
class _Comparing:
    written: Written

    def same(self, before: Node, after: Node) -> bool:
        if isinstance(before, Scalar) and isinstance(after, Scalar):
            return self._same_scalar(before, after)
        if isinstance(before, Alias) and isinstance(after, Alias):
            return before.name == after.name
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            old = [node for pair in before.pairs for node in pair]
            kept = [pair for pair in after.pairs if not self._inserted(pair[0])]
            new = [node for pair in kept for node in pair]
            return before.anchor == after.anchor and self._all_same(old, new)
        if isinstance(before, List) and isinstance(after, List):
            kept_items = [item for item in after.items if not self._inserted(item)]
            return before.anchor == after.anchor and self._all_same(before.items, kept_items)
        return False

    def _same_scalar(self, before: Scalar, after: Scalar) -> bool:
        facts = before.style, before.anchor, before.tag
        if facts != (after.style, after.anchor, after.tag):
            return False
        digits = self.written.digits
        held = any(after.start <= start and end <= after.end for start, end in digits)
        if held:  # digits of an escape would become another character
            return _NUMBER.split(before.value) == _NUMBER.split(after.value)
        return before.value == after.value

    def _all_same(self, before: Sequence[Node], after: Sequence[Node]) -> bool:
        return len(before) == len(after) and all(map(self.same, before, after))

    def _inserted(self, node: Node) -> bool:
        return any(start <= node.start < end for start, end in self.written.inserted)


def same_toml(before: str, after: str, written: int) -> bool:
    """TOML: as many values as were written differ, at most."""
    old, new = dict(_leaves(parsed(before))), dict(_leaves(parsed(after)))
    return old.keys() == new.keys() and sum(old[path] != new[path] for path in old) <= written


def _leaves(data: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*at, key))
    elif isinstance(data, list):
        for position, item in enumerate(data):
            yield from _leaves(item, (*at, str(position)))
    else:
        yield at, data
