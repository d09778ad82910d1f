"""What one file holds that can be scaled, found once a blob."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.errors import ManifestUnsupported
from bridge.manifest.kustomize import entries
from bridge.manifest.locate import YAML_SUFFIXES, Opened, opened
from bridge.manifest.locator import KustomizeReplicas, Marker
from bridge.manifest.marker import SCREEN, markers
from bridge.manifest.outline import outlined
from bridge.manifest.workload import Workload, workloads_of

_KIND = b"kind"
_ENTRIES = (b"\nreplicas", b"kustomize", b'"replicas"', b"ustomization")


@dataclass(frozen=True, slots=True)
class Held:
    """A kustomization's entry or a marker, by name."""

    where: KustomizeReplicas | Marker
    line: int


@dataclass(frozen=True, slots=True)
class Survey:
    """A file's workloads, and the names of its other counts; or why it could not be read."""

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
    listed = content.startswith(_ENTRIES[0][1:]) or any(sign in content for sign in _ENTRIES)
    entered = yaml and listed
    marked = SCREEN in content
    if not (manifest or entered or marked):
        return _NOTHING
    try:
        file = opened(content, f"file{suffix}")
        found = _workloads(file) if manifest else ()
        others = [*(_entries(file) if entered else ()), *(_markers(file) if marked else ())]
        return Survey(tuple(found), tuple(others))
    except ManifestUnsupported as refusal:
        return Survey(refusal=str(refusal))


def _workloads(file: Opened) -> Sequence[Workload]:
    """By a few expressions where the text is plain enough, else by the parser."""
    found = outlined(file.source.text)
    return workloads_of(file) if found is None else found


def _entries(file: Opened) -> Iterator[Held]:
    for entry in entries(file.documents):
        yield Held(KustomizeReplicas(entry.name), entry.line)


def _markers(file: Opened) -> Iterator[Held]:
    for marked in markers(file.source):
        yield Held(Marker(marked.name), marked.line)
