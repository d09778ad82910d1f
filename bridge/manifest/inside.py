"""A number inside a text: in a block scalar, a string, or a line."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

import regex  # re knows no time limit

from bridge.errors import ManifestUnsupported
from bridge.manifest.count import Source
from bridge.manifest.tree import Scalar

_MAX_SEARCHED = 100_000
_MAX_SECONDS = 2
_DIGITS = re.compile(r"[0-9]+")
_PART_BEFORE = re.compile(r"[0-9_]$|[0-9]\.$|(?:^|[\s=:,(\[{\"'])[-+]$")
_PART_AFTER = re.compile(r"[0-9_]|\.[0-9]")
_PROPERTIES = re.compile(r"&\S+\s+")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_HEADER = re.compile(r"[|>](?:[-+]?([1-9])?|([1-9])[-+])[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class Text:
    """What people see of a piece of the file, and where each run of it stands there."""

    value: str
    runs: tuple[tuple[int, int], ...]
    """Pairs of an offset in `value` and in the file, in their order."""

    def position(self, offset: int) -> int:
        """The character of the file."""
        run, start = self.runs[bisect_right(self.runs, (offset, 1 << 62)) - 1]
        return start + offset - run


def plain(source: Source, start: int, end: int) -> Text:
    """The file's own text from `start` to `end`."""
    return Text(source.text[start:end], ((0, start),))


def text_of(scalar: Scalar, source: Source) -> Text:
    """A scalar's text without its quotes, anchor and indentation; escapes stay as written."""
    start = scalar.start
    if scalar.anchor and (match := _PROPERTIES.match(source.text, start)):
        start = match.end()
    if scalar.style in ("|", ">"):
        return _block(source, start, scalar.end)
    quote = 1 if scalar.style in ("'", '"') else 0
    lines = _LINE.finditer(source.text, start + quote, scalar.end - quote)
    return _joined([(line.start(), line[0]) for line in lines] or [(start, "")])


def _block(source: Source, start: int, end: int) -> Text:
    header = _HEADER.match(source.text, start, end)
    body = header.end() if header else start
    lines = [match for match in _LINE.finditer(source.text, body, end) if match[0]]
    margins = [len(m[0]) - len(m[0].lstrip(" ")) for m in lines if m[0].strip()]
    margin = min(margins, default=0)
    kept = [line[0][margin:] if line[0].strip() else line[0].lstrip(" ") for line in lines]
    ends = [line.end() for line in lines]
    return _joined(
        [(end - len(text), text) for end, text in zip(ends, kept, strict=True)] or [(body, "")]
    )


def _joined(pieces: list[tuple[int, str]]) -> Text:
    """Lines and where they stand in the file; as for YAML, each ends in a mere LF."""
    runs, value, length = [], [], 0
    for start, line in pieces:
        runs.append((length, start))
        text = line.rstrip("\r\n")
        value.append(line if text == line else f"{text}\n")
        length += len(value[-1])
    return Text("".join(value), tuple(runs))


def matched(text: Text, pattern: str, where: str) -> tuple[int, int]:
    """The characters of the file that are the number of the pattern's one match.

    Raises:
        ManifestUnsupported: no match, several, or no single whole number in it.
    """
    if len(text.value) > _MAX_SEARCHED:
        raise ManifestUnsupported(f"{where}: over {_MAX_SEARCHED:,} characters to search")
    matches = _matches(pattern, text.value, where)
    if len(matches) != 1:
        found = ", ".join(repr(match[0][:40]) for match in matches[:5]) or "none"
        times = f"{len(matches)} times: {found}"
        raise ManifestUnsupported(f"{where}: pattern {pattern} has to match once, not {times}")
    start, end = _number(matches[0], where)
    if _PART_BEFORE.search(text.value, max(0, start - 2), start) or _PART_AFTER.match(
        text.value, end
    ):
        around = text.value[max(0, start - 10) : end + 10]
        raise ManifestUnsupported(f"{where}: pattern {pattern} cuts a part out of {around!r}")
    return text.position(start), text.position(start) + end - start


def _matches(pattern: str, text: str, where: str) -> list[regex.Match[str]]:
    """All matches; other threads go on while they are sought, which may take long."""
    try:
        found = compiled(pattern).finditer(text, timeout=_MAX_SECONDS, concurrent=True)
        return list(found)
    except TimeoutError as error:
        raise ManifestUnsupported(
            f"{where}: pattern {pattern} takes over {_MAX_SECONDS} s: put it more simply"
        ) from error


def compiled(pattern: str) -> regex.Pattern[str]:
    """The pattern; ^ and $ stand for the ends of a line.

    Raises:
        ManifestUnsupported: no regular expression, or one with several groups.
    """
    try:
        found = regex.compile(pattern, regex.MULTILINE)
    except regex.error as error:
        raise ManifestUnsupported(f"pattern {pattern} is no expression: {error}") from error
    if found.groups > 1:
        raise ManifestUnsupported(
            f"pattern {pattern}: only one group, around the number: use (?:…)"
        )
    return found


def _number(match: regex.Match[str], where: str) -> tuple[int, int]:
    """The group's span, or that of the match's one run of digits."""
    if match.re.groups:
        return match.span(1)
    numbers = list(_DIGITS.finditer(match[0]))
    if len(numbers) != 1:
        raise ManifestUnsupported(
            f"{where}: {match[0][:40]!r} has {len(numbers)} numbers: put (…) around the count"
        )
    return match.start() + numbers[0].start(), match.start() + numbers[0].end()
