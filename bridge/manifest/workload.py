"""The workloads of a manifest file, and where the count of each stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.errors import ManifestUnsupported
from bridge.manifest import tree
from bridge.manifest.count import Count, Source
from bridge.manifest.field import Object, count_at, objects, walked
from bridge.manifest.locate import Opened, opened
from bridge.manifest.locator import SPEC_REPLICAS, Field, Locator
from bridge.manifest.target import Target

NO_COUNT = "has no spec.replicas of its own"
_OURS = "scalebridge/"
_DEFAULT = Locator(Field())


@dataclass(frozen=True, slots=True)
class Workload:
    """An object with a kind and a name; without a `count`, `refusal` says why."""

    target: Target
    line: int
    count: Count | None
    refusal: str = ""
    doc: int = 0
    """The number of its document in the file."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """`metadata.labels`, as far as they are plain text."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Those of `metadata.annotations` that begin with `scalebridge/`."""

    @property
    def locator(self) -> Locator:
        """Finds its count again in another version of the file."""
        return Locator(Field(owner=self.target, doc=self.doc))


def workloads(content: bytes) -> list[Workload]:
    """Every object with a kind and a name in the file, items of a List included.

    Raises:
        ManifestUnsupported: the file as a whole can't be read safely.
    """
    if b"kind" not in content:  # the cheap screen before any parse
        return []
    return workloads_of(opened(content, ".yaml"))


def workloads_of(file: Opened) -> list[Workload]:
    """The same of a file that is open already."""
    found = [one for document in file.documents for one in objects(document)]
    return [_workload(one, file.source) for one in found if one.target.name]


def _workload(found: Object, source: Source) -> Workload:
    count, refusal = _count_or_refusal(found, source)
    root = found.way.node
    metadata = tree.meant(root.get("metadata")) if isinstance(root, tree.Mapping) else None
    labels = annotations = {}
    if isinstance(metadata, tree.Mapping):
        labels, annotations = (_texts(metadata, key) for key in ("labels", "annotations"))
    number = found.way.document.number
    ours = own_annotations(annotations)
    return Workload(found.target, found.line, count, refusal, number, labels, ours)


def own_annotations(annotations: Mapping[str, str]) -> dict[str, str]:
    """Those that are for scalebridge."""
    return {key: value for key, value in annotations.items() if key.startswith(_OURS)}


def _count_or_refusal(found: Object, source: Source) -> tuple[Count | None, str]:
    try:
        if way := walked(found.way, SPEC_REPLICAS):
            return count_at(way, _DEFAULT, source), ""
    except ManifestUnsupported as refusal:
        return None, str(refusal)
    return None, f"line {found.line}: {NO_COUNT}"


def _texts(metadata: tree.Mapping, key: str) -> dict[str, str]:
    """The pairs of text below a key; the last one where a key is given twice, as for kubectl."""
    found = [
        value
        for name, value in metadata.pairs
        if isinstance(name, tree.Scalar) and name.value == key
    ]
    pairs = found[-1].pairs if found and isinstance(found[-1], tree.Mapping) else []
    return {
        name.value: value.value
        for name, value in pairs
        if isinstance(name, tree.Scalar) and isinstance(value, tree.Scalar)
    }
