"""What one file holds that can be scaled, found once a blob."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.errors import ManifestUnsupported
from bridge.manifest.count import Count, Gap
from bridge.manifest.kustomize import entries
from bridge.manifest.locate import YAML_SUFFIXES, Opened, found_in, opened
from bridge.manifest.locator import KustomizeReplicas, Locator, Marker
from bridge.manifest.marker import SCREEN, markers
from bridge.manifest.outline import outlined
from bridge.manifest.workload import Workload, workloads_of

_KIND = b"kind"
_ENTRIES = re.compile(rb"""^["']?replicas\b|\bkustomize["']?:""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Held:
    """A kustomization's entry or a marker: its count, or why it can't be changed."""

    where: KustomizeReplicas | Marker
    line: int
    count: Count | Gap | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """A file's workloads, and its other counts; or why it could not be read."""

    workloads: tuple[Workload, ...] = ()
    others: tuple[Held, ...] = ()
    refusal: str = ""

    def __bool__(self) -> bool:
        return bool(self.workloads or self.others or self.refusal)


_NOTHING = Survey()


def surveyed(content: bytes | None, suffix: str) -> Survey:
    """What the file holds; None is a file that is too big to be looked at."""
    if content is None:
        return Survey(refusal="too big to be looked at")
    yaml = suffix in YAML_SUFFIXES
    manifest = yaml and _KIND in content  # the cheap screens before any parse
    entered = yaml and bool(_ENTRIES.search(content))
    marked = SCREEN in content
    if not (manifest or entered or marked):
        return _NOTHING
    try:
        file = opened(content, f"file{suffix}")
        found = _workloads(file) if manifest else ()
        listed = _entries(file) if entered else ()
        return Survey(tuple(found), (*listed, *(_markers(file) if marked else ())))
    except ManifestUnsupported as refusal:
        return Survey(refusal=str(refusal))


def _workloads(file: Opened) -> Sequence[Workload]:
    """By a few expressions where the text is plain enough, else by the parser."""
    found = outlined(file.source.text)
    return workloads_of(file) if found is None else found


def _entries(file: Opened) -> Iterator[Held]:
    for entry in entries(file.documents):
        yield _held(file, KustomizeReplicas(entry.name), entry.line)


def _markers(file: Opened) -> Iterator[Held]:
    for marked in list(markers(file.source)):
        yield _held(file, Marker(marked.name), marked.line)


def _held(file: Opened, where: KustomizeReplicas | Marker, line: int) -> Held:
    try:
        return Held(where, line, found_in(file, Locator(where)))
    except ManifestUnsupported as refusal:
        return Held(where, line, None, str(refusal))
