"""The state repo at one commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.manifest.index import Index
from bridge.repo.trailers import ScaleDecision, ScalePause, ScaleRelease


@dataclass(frozen=True, slots=True)
class File:
    """A regular file of a tree."""

    mode: str
    blob: str


@dataclass(frozen=True, slots=True)
class Change:
    """A file's blob before and after a commit; None where it did not or does not exist."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the branch's first-parent log."""

    sha: str
    at: datetime
    authored: datetime
    """When it was first made; before `at` where somebody picked, rebased or amended it."""
    author: str
    """Who made it: of a commit with trailers of ours, whoever committed it."""
    decisions: tuple[ScaleDecision, ...]
    """What scalebridge did in it, from its trailers; none in people's commits."""
    changes: tuple[Change, ...]
    parents: tuple[str, ...] = ()
    releases: tuple[ScaleRelease, ...] = ()
    """The holds that it ends."""
    pauses: tuple[ScalePause, ...] = ()
    """The targets that it pauses."""
    subject: str = ""

    @property
    def targets(self) -> list[str]:
        """Whom it scales, releases or pauses."""
        scaled = [one.target for one in self.decisions]
        released = [one.target for one in self.releases]
        return [*scaled, *released, *(one.target for one in self.pauses)]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The branch's tip and its regular files by path; symbolic links and submodules are left out,
    so no path of a policy can lead out of the repo."""

    tip: str
    files: Mapping[str, File] = field(repr=False)
    index: Index = field(default_factory=Index, repr=False)

    def blobs(self) -> dict[str, str]:
        """Blob id by path."""
        return {path: file.blob for path, file in self.files.items()}

    def below(self, folder: str) -> dict[str, str]:
        """Blob id by path of the files in `folder` and its folders."""
        prefix = "" if folder in ("", ".") else f"{folder.rstrip('/')}/"
        return {path: f.blob for path, f in self.files.items() if path.startswith(prefix)}
