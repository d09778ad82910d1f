"""The edit itself: digits of counts, and not another byte; checked by reading the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.errors import ManifestUnsupported
from bridge.manifest.count import MAX_COUNT, Count, Gap
from bridge.manifest.locate import YAML_SUFFIXES, Opened, found_in, located, opened
from bridge.manifest.locator import Locator
from bridge.manifest.same import Written, same_documents, same_toml


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
    return count, with_counts(content, path, [Change(count, value, locator)], again=False)


def with_counts(
    content: bytes, path: str, changes: Sequence[Change], *, again: bool = True
) -> bytes:
    """The file with other values where its counts stand.

    Each locator has to find its count `again`; else a pattern may be about the old value.

    Raises:
        ManifestUnsupported: a count is not there, or another byte would change its meaning.
    """
    result = content
    for change in sorted(changes, key=lambda change: change.count.start, reverse=True):
        result = _with_count(result, change.count, change.value)
    before, after = opened(content, path), opened(result, path)
    checked = [change for change in changes if again or not change.locator.pattern]
    read_back = all(_reads(after, change) for change in checked)
    if not read_back or not _same(before, after, _written(changes)):
        raise ManifestUnsupported(f"{path}: the edit would change more than the count")
    return result


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
