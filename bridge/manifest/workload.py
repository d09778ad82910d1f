"""The workloads of a manifest file, and where the count of each stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bridge.errors import ManifestUnsupported
from bridge.manifest import tree
from bridge.manifest.target import Target
from bridge.manifest.tree import Alias, Node, Scalar, Sequence, decode, parse

_OURS = "scalebridge/"
_INTEGER = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Count:
    """An integer's digits: bytes `start` to `end` of the file."""

    value: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Workload:
    """An object with a kind and a name; without a `count`, `refusal` says why."""

    target: Target
    line: int
    count: Count | None
    refusal: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """`metadata.labels`, as far as they are plain text."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Those of `metadata.annotations` that begin with `scalebridge/`."""


def workloads(content: bytes) -> list[Workload]:
    """Every object with a kind and a name in the file, items of a List included.

    Raises:
        ManifestUnsupported: the file as a whole can't be read safely.
    """
    if b"kind" not in content:  # the cheap screen before any parse
        return []
    text = decode(content)
    return [found for root in parse(text) for found in _objects(root, text)]


def _objects(node: Node, text: str) -> Iterator[Workload]:
    if not isinstance(node, tree.Mapping):
        return
    kind, metadata = node.text("kind"), node.get("metadata")
    items = node.get("items")
    if kind and kind.endswith("List") and isinstance(items, Sequence):
        for item in items.items:
            yield from _objects(item, text)
    elif kind and isinstance(metadata, tree.Mapping) and (name := metadata.text("name")):
        target = Target(kind, name, metadata.text("namespace"), node.text("apiVersion"))
        count, refusal = _count_or_refusal(node, text)
        labels, annotations = (_texts(metadata, key) for key in ("labels", "annotations"))
        ours = {key: value for key, value in annotations.items() if key.startswith(_OURS)}
        yield Workload(target, node.line, count, refusal, labels, ours)


def _texts(metadata: tree.Mapping, key: str) -> dict[str, str]:
    """The pairs of text below a key; the last one where a key is given twice, as for kubectl."""
    found = [
        value for name, value in metadata.pairs if isinstance(name, Scalar) and name.value == key
    ]
    pairs = found[-1].pairs if found and isinstance(found[-1], tree.Mapping) else []
    return {
        name.value: value.value
        for name, value in pairs
        if isinstance(name, Scalar) and isinstance(value, Scalar)
    }


def _count_or_refusal(node: tree.Mapping, text: str) -> tuple[Count | None, str]:
    try:
        return _count(node, text), ""
    except ManifestUnsupported as refusal:
        return None, str(refusal)


def _count(node: tree.Mapping, text: str) -> Count:
    spec = node.get("spec")
    replicas = spec.get("replicas") if isinstance(spec, tree.Mapping) else None
    if node.anchored or (isinstance(spec, tree.Mapping) and spec.anchored):
        raise ManifestUnsupported(f"line {node.line}: spec.replicas stands below an anchor")
    if replicas is None:
        raise ManifestUnsupported(f"line {node.line}: has no spec.replicas of its own")
    if isinstance(replicas, Alias):
        raise ManifestUnsupported(f"line {replicas.line}: spec.replicas is an alias")
    if not isinstance(replicas, Scalar):
        raise ManifestUnsupported(f"line {replicas.line}: spec.replicas is not a number")
    return _digits(replicas, text)


def _digits(scalar: Scalar, text: str) -> Count:
    if scalar.decorated:
        raise ManifestUnsupported(f"line {scalar.line}: spec.replicas carries an anchor or a tag")
    quoted = 1 if scalar.style in ("'", '"') else 0
    start, end = scalar.start + quoted, scalar.end - quoted
    raw = text[start:end]
    if not _INTEGER.fullmatch(raw):
        raise ManifestUnsupported(f"line {scalar.line}: {raw[:40]!r} is not a plain integer")
    offset = start if text.isascii() else len(text[:start].encode())
    return Count(int(raw), offset, offset + len(raw))
