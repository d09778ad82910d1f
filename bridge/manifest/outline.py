"""The workloads of a plainly written YAML file, by a few regular expressions over the whole text.

Four times as fast as libyaml's events. It takes only text that a strict grammar of lines matches:
block style, no anchors, tags or tabs, every quoted or flow value on one line. For all other text it
answers None, and the parser has to look. Where both answer, they answer the same; but the grammar
accepts some text that is no YAML, so the parser has to confirm a place before it is edited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from bridge.manifest.count import Count, Source
from bridge.manifest.target import Target
from bridge.manifest.workload import NO_COUNT, Workload, own_annotations

_MOST_CHARACTERS = 1_000_000
"""One expression holds the interpreter for about 10 ms over as much."""

_KEY = r"[A-Za-z_][\w./-]*+"
_DOUBLE, _SINGLE = r'"(?:[^"\\\n]|\\.)*+"', r"'(?:[^'\n]|'')*+'"
_INNER = rf"[^\n\[\]{{}}\"'#&*!]|{_DOUBLE}|{_SINGLE}"
_FLOW = rf"(?!\{{\{{)[\[{{](?:{_INNER}|[\[{{](?:{_INNER})*+[\]}}])*+[\]}}]"
_PLAIN = r"(?:[\w./+<(=$~^;\\]|-(?=\S))(?:[^\n:#]|:(?=\S)|(?<=\S)#)*+"
_VALUE = rf"(?:{_DOUBLE}|{_SINGLE}|{_FLOW}|{_PLAIN})"
_COMMENT = r"[ ]*+(?:(?<!\S)#[^\n]*+)?"
_BLOCK = r"[|>][-+]?+" + _COMMENT + r"(?:\n(?:(?P=indent)[ ][^\n]*+|[ ]*+(?=\n|\Z)))*+"
_LINE = (
    r"(?P<indent>[ ]*+)(?:-[ ]++)*+"
    rf"(?:{_KEY}:(?:[ ]++(?:{_BLOCK}|{_VALUE}))?+|(?<=-[ ]){_VALUE}|(?<=-[ ])|(?=[#\n]|\Z)|-)"
    rf"{_COMMENT}"
)
_MARK = r"---[ ]*+(?:(?<=[ ])#[^\n]*+)?"
_FILE = re.compile(rf"(?:(?:{_MARK}|(?!---|\.\.\.){_LINE})(?:\n|\Z))*+\Z")
_CONTENT = re.compile(r"^[ ]*[^\s#]", re.MULTILINE)
_NEXT = re.compile(r"\n(?=[^\s#-])")
_SKIPPED = r"(?:[ ]*+(?:#[^\n]*+)?\n)*+"
_INDENT = re.compile(rf"[ ]*+(?:#[^\n]*+)?\n{_SKIPPED}([ ]+)(?=[A-Za-z_])")
_WORD = r"""(?:"([^"\\\n]*+)"|'([^'\n]*+)'|((?![\[{|>"'#])[^\n#]*[^\s#]))"""
_END = r"[ ]*+(?:(?<=[ ])#[^\n]*+)?(?:\n|\Z)"
_SCALAR = re.compile(rf"[ ]*+{_WORD}{_END}")
_DIGITS = re.compile(rf"""[ ]*+(["']?)(0|[1-9][0-9]{{0,8}})\1{_END}""")
_PAIRS = re.compile(rf"[ ]*+\{{[ ]*((?:{_KEY}:[ ]+[\w./-]+[ ]*(?:,[ ]*(?=[A-Za-z_])|(?=\}})))*)\}}")
_PAIR = re.compile(rf"({_KEY}):[ ]+([\w./-]+)")


class _Odd(Exception):
    """Only the parser knows."""


def outlined(text: str) -> list[Workload] | None:
    """What `workloads` finds, or None where the text is not as plain as this needs it."""
    if len(text) > _MOST_CHARACTERS or not text.replace("\n", "").isprintable():
        return None
    if not _FILE.match(text):
        return None
    try:
        return list(_workloads(f"\n{text}", Source(text)))
    except _Odd:
        return None


Region = tuple[int, int]
"""Where a key's value may be sought: from behind its colon to the next key of its mapping."""


def _workloads(text: str, source: Source) -> Iterator[Workload]:
    """Of the text behind a first line break, so that every line has one before it."""
    starts, at = [], text.find("\n---")
    while at >= 0:
        starts.append(at)
        at = text.find("\n---", at + 1)
    if _CONTENT.search(text, 0, starts[0] if starts else len(text)):
        starts.insert(0, 0)
    for number, (start, end) in enumerate(pairwise([*starts, len(text)])):
        if found := _Document(text, source, start, end).workload(number):
            yield found


class _Document:
    """One document, between two places of the text."""

    def __init__(self, text: str, source: Source, start: int, end: int) -> None:
        self.text = text
        self.source = source
        self.whole = start, end

    def workload(self, number: int) -> Workload | None:
        kind_at, metadata_at = self.key("", "kind"), self.key("", "metadata")
        if kind_at is None:
            return None
        kind = self.scalar(kind_at)
        if kind.endswith("List") and self.key("", "items"):
            raise _Odd
        if metadata_at is None:
            return None
        version = self.key("", "apiVersion")
        name, namespace, labels, annotations = self.metadata(metadata_at)
        if name is None:
            return None
        target = Target(kind, name, namespace, version and self.scalar(version))
        first = _NEXT.search(self.text, *self.whole)
        line = self.source.line(first.start() if first else 0)
        count = self.count()
        refusal = "" if count else f"line {line}: {NO_COUNT}"
        return Workload(target, line, count, refusal, number, labels, own_annotations(annotations))

    def key(self, indent: str, name: str, within: Region | None = None) -> Region | None:
        """Behind the colon of the key that begins a line at this indentation."""
        start, end = within or self.whole
        sought = f"\n{indent}{name}:"
        at = self.text.find(sought, start, end)
        if at < 0:
            return None
        behind = at + len(sought)
        if self.text[behind : behind + 1] not in {" ", "\n", ""}:
            raise _Odd
        if self.text.find(sought, behind - 1, end) >= 0:
            raise _Odd
        return behind, end

    def block(self, region: Region) -> tuple[str, Region]:
        """The indentation of a block mapping's keys, and where it ends."""
        following = _NEXT.search(self.text, *region)
        end = following.start() if following else region[1]
        match = _INDENT.match(self.text, region[0], end)
        if match is None:
            raise _Odd
        return match[1], (region[0], end)

    def scalar(self, region: Region) -> str:
        """The value on the key's own line."""
        match = _SCALAR.match(self.text, *region)
        if match is None:
            raise _Odd
        return match[match.lastindex or 0]

    def metadata(self, region: Region) -> Metadata:
        if self.text.startswith(" {", region[0]):
            plain = self.flow_pairs(region)
            return plain.get("name"), plain.get("namespace"), {}, {}
        indent, block = self.block(region)
        name, namespace = (
            at and self.scalar(at)
            for at in (self.key(indent, "name", block), self.key(indent, "namespace", block))
        )
        labels = self.texts(indent, "labels", block)
        ours = self.text.find("scalebridge/", *block) >= 0
        return name, namespace, labels, self.texts(indent, "annotations", block) if ours else {}

    def texts(self, indent: str, name: str, block: Region) -> dict[str, str]:
        """The pairs of text below a key."""
        region = self.key(indent, name, block)
        if region is None:
            return {}
        if self.text.startswith(" {", region[0]):
            return self.flow_pairs(region)
        match = _INDENT.match(self.text, *region)
        if match is None or len(match[1]) <= len(indent):
            raise _Odd
        return self.pairs(match[1], match.end(), region[1])

    def pairs(self, indent: str, at: int, end: int) -> dict[str, str]:
        """Lines of this indentation, from behind the first one's on."""
        found: dict[str, str] = {}
        line, count = _line_of(indent), 0
        while match := line.match(self.text, at - len(indent), end):
            found[match[1]] = match[match.lastindex or 0]
            count += 1
            at = match.end() + len(indent)
        if len(found) != count or self.text.startswith(indent, at - len(indent)):
            raise _Odd
        return found

    def flow_pairs(self, region: Region) -> dict[str, str]:
        """`{a: b, c: d}` of plain words."""
        match = _PAIRS.match(self.text, *region)
        pairs = _PAIR.findall(match[1]) if match else []
        if match is None or len(dict(pairs)) != len(pairs):
            raise _Odd
        return dict(pairs)

    def count(self) -> Count | None:
        region = self.key("", "spec")
        if region is None or self.text.find("replicas", *region) < 0:
            return None
        indent, block = self.block(region)
        replicas = self.key(indent, "replicas", block)
        if replicas is None:
            return None
        match = _DIGITS.match(self.text, *replicas)
        if match is None:
            raise _Odd
        return self.source.count(match.start(2) - 1, match.end(2) - 1)


Metadata = tuple[str | None, str | None, dict[str, str], dict[str, str]]
"""Name, namespace, labels and annotations."""


@lru_cache(maxsize=100)
def _line_of(indent: str) -> re.Pattern[str]:
    return re.compile(rf"{_SKIPPED}{indent}({_KEY}):[ ]+{_WORD}{_END}")
