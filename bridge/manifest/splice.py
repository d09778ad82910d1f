"""The edit itself: digits of counts, and not another byte; proven, or checked by reading it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.errors import ManifestUnsupported
from bridge.manifest.count import MAX_COUNT, Count, Gap
from bridge.manifest.locate import YAML_SUFFIXES, Opened, found_in, located, opened
from bridge.manifest.locator import SPEC_REPLICAS, KustomizeReplicas, Locator, Marker
from bridge.manifest.same import Written, same_documents, same_toml
from bridge.manifest.tree import MAX_BYTES

_LINE_ENDS = re.compile(rb"[\]},]?[ ]*(?:(?<=[ ])#[^\r\n]*)?(?:[\r\n]|\Z)")


@dataclass(frozen=True, slots=True)
class Change:
    """A value for the count that a locator found."""

    count: Count | Gap
    value: int
    locator: Locator


def edited(content: bytes, path: str, locator: Locator, value: int) -> tuple[Count | Gap, bytes]:
    """Where the locator's count stands in the file, and the file with this value there.

    Raises:
        ManifestUnsupported: nowhere, in several places, or in an unsafe one.
    """
    count = located(content, path, locator)
    changes = [Change(count, value, locator)]
    result = _put(content, changes)
    again = [] if locator.pattern else changes  # a pattern may be about the old value
    _check(content, result, path, changes, again)
    return count, result


def with_counts(content: bytes, path: str, changes: Sequence[Change]) -> bytes:
    """The file with other values where its counts stand; each locator finds its count again.

    The counts were found in this very content. Where it is proven beforehand that the edit
    changes them and nothing else, the result is not read once more (decision 23).

    Raises:
        ManifestUnsupported: a count is not there, or another byte would change its meaning.
    """
    result = _put(content, changes)
    if len(result) > MAX_BYTES or not all(is_proven(content, change) for change in changes):
        _check(content, result, path, changes, changes)
    return result


def is_proven(content: bytes, change: Change) -> bool:
    """Whether the file reads as before with another number there, but for that number.

    Its line ends behind the scalar, so that nothing else shifts; and nothing refers to it.
    """
    count, where = change.count, change.locator.where
    if not isinstance(count, Count) or not count.whole or count.moves or change.locator.pattern:
        return False
    if isinstance(where, Marker):  # the text has to say it as well
        return False
    names_nothing = isinstance(where, KustomizeReplicas) or (
        where.owner is None or where.path[:1] == SPEC_REPLICAS[:1]
    )
    return names_nothing and _LINE_ENDS.match(content, count.end) is not None


def _put(content: bytes, changes: Sequence[Change]) -> bytes:
    """The digits in place of others, and what is inserted."""
    for change in sorted(changes, key=lambda change: change.count.start, reverse=True):
        content = _with_count(content, change.count, change.value)
    return content


def _check(
    content: bytes, result: bytes, path: str, changes: Sequence[Change], again: Sequence[Change]
) -> None:
    """Reads both versions.

    Raises:
        ManifestUnsupported: they differ in more than the counts, or one is not found `again`.
    """
    before, after = opened(content, path), opened(result, path)
    read_back = all(_reads(after, change) for change in again)
    if not read_back or not _same(before, after, _written(changes)):
        raise ManifestUnsupported(f"{path}: the edit would change more than the count")


def _reads(after: Opened, change: Change) -> bool:
    """Whether the edited file has the new value where the locator looks."""
    try:
        return found_in(after, change.locator).value == change.value
    except ManifestUnsupported:
        return False


def _with_count(content: bytes, count: Count | Gap, value: int) -> bytes:
    there = content[count.start : count.end]
    if isinstance(count, Count) and there != count.written(count.value):
        raise ManifestUnsupported(f"byte {count.start}: the count is no longer there")
    if not 0 <= value <= MAX_COUNT:
        raise ValueError(f"a count can't be {value}")
    return content[: count.start] + count.written(value) + content[count.end :]


def _written(changes: Sequence[Change]) -> Written:
    """The bytes of the edited file that are new."""
    written = Written([], [])
    shift = 0
    for change in sorted(changes, key=lambda change: change.count.start):
        count = change.count
        start, length = count.start + shift, len(count.written(change.value))
        spans = written.digits if isinstance(count, Count) else written.inserted
        spans.append((start, start + length))
        shift += length - (count.end - count.start)
    return written


def _same(before: Opened, after: Opened, written: Written) -> bool:
    """Whether the file means the same, but for what was written."""
    if before.suffix == ".toml":
        return same_toml(before.source.text, after.source.text, len(written.digits))
    if before.suffix in YAML_SUFFIXES:
        return same_documents(before, after, written)
    return True
