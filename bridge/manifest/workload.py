"""The workloads of a manifest file, and where the count of each stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.errors import ManifestUnsupported
from bridge.manifest.target import Target
from bridge.manifest.tree import Alias, Mapping, Node, Scalar, Sequence, decode, parse

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
    if not isinstance(node, Mapping):
        return
    kind, metadata = node.text("kind"), node.get("metadata")
    items = node.get("items")
    if kind and kind.endswith("List") and isinstance(items, Sequence):
        for item in items.items:
            yield from _objects(item, text)
    elif kind and isinstance(metadata, Mapping) and (name := metadata.text("name")):
        target = Target(kind, name, metadata.text("namespace"), node.text("apiVersion"))
        yield _workload(target, node, text)


def _workload(target: Target, node: Mapping, text: str) -> Workload:
    try:
        return Workload(target, node.line, _count(node, text))
    except ManifestUnsupported as refusal:
        return Workload(target, node.line, None, str(refusal))


def _count(node: Mapping, text: str) -> Count:
    spec = node.get("spec")
    replicas = spec.get("replicas") if isinstance(spec, Mapping) else None
    if node.anchored or (isinstance(spec, Mapping) and spec.anchored):
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
