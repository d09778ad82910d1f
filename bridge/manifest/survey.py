"""What one file holds that can be scaled, found once a blob."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.errors import ManifestUnsupported
from bridge.manifest.locate import YAML_SUFFIXES, opened
from bridge.manifest.marker import SCREEN, Marked, markers
from bridge.manifest.workload import Workload, workloads_of

_KIND = b"kind"


@dataclass(frozen=True, slots=True)
class Survey:
    """A file's workloads and markers; or why it could not be read."""

    workloads: tuple[Workload, ...] = ()
    markers: tuple[Marked, ...] = ()
    refusal: str = ""

    def __bool__(self) -> bool:
        return bool(self.workloads or self.markers or self.refusal)


_NOTHING = Survey()


def surveyed(content: bytes | None, suffix: str) -> Survey:
    """What the file holds; None is a file that is too big to be looked at."""
    if content is None:
        return Survey(refusal="too big to be looked at")
    manifest = suffix in YAML_SUFFIXES and _KIND in content  # the cheap screen before any parse
    marked = SCREEN in content
    if not manifest and not marked:
        return _NOTHING
    try:
        file = opened(content, f"file{suffix}")
        found = workloads_of(file) if manifest else ()
        return Survey(tuple(found), tuple(markers(file.source)) if marked else ())
    except ManifestUnsupported as refusal:
        return Survey(refusal=str(refusal))
