"""What one file holds that can be scaled, found once a blob."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from bridge.errors import ManifestUnsupported
from bridge.manifest.anchors import Document, Way
from bridge.manifest.field import walked
from bridge.manifest.kustomize import entries
from bridge.manifest.locate import YAML_SUFFIXES, Opened, opened
from bridge.manifest.locator import Field, KustomizeReplicas, Marker
from bridge.manifest.marker import SCREEN, markers
from bridge.manifest.outline import outlined
from bridge.manifest.tree import Mapping, Scalar
from bridge.manifest.workload import Workload, workloads_of

_KIND = b"kind"
_ENTRIES = (b"\nreplicas", b"kustomize", b'"replicas"', b"ustomization")
_MOST_SERVICES = 1_000
_SERVICES = b"services:", b"\nservices:"


@dataclass(frozen=True, slots=True)
class Held:
    """A kustomization's entry, a marker, or the replicas of a Compose service."""

    where: KustomizeReplicas | Marker | Field
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
    composed = yaml and (content.startswith(_SERVICES[0]) or _SERVICES[1] in content)
    if not (manifest or entered or marked or composed):
        return _NOTHING
    try:
        file = opened(content, f"file{suffix}")
        found = _workloads(file) if manifest else ()
        others = [
            *(_entries(file) if entered else ()),
            *(_services(file) if composed else ()),
            *(_markers(file) if marked else ()),
        ]
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


def _services(file: Opened) -> Iterator[Held]:
    """Those of Compose files that have `deploy.replicas` of their own, not through an alias."""
    for document in file.documents:
        for service in islice(_service_ways(document), _MOST_SERVICES):
            with suppress(ManifestUnsupported):
                if way := walked(service, ("deploy", "replicas")):
                    yield Held(Field(way.path, doc=document.number), way.node.line)


def _service_ways(document: Document) -> Iterator[Way]:
    root = document.root
    for key, services in root.pairs if isinstance(root, Mapping) else ():
        if isinstance(key, Scalar) and key.value == "services" and isinstance(services, Mapping):
            above = document.start.down("services", services)
            for name, service in services.pairs:
                if isinstance(name, Scalar):
                    yield above.down(name.value, service)
