"""The state repo at one commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.repo.trailers import ScaleDecision


@dataclass(frozen=True, slots=True)
class File:
    """A regular file of a tree."""

    mode: str
    blob: str


@dataclass(frozen=True, slots=True)
class Scaling:
    """One decision in the log: what scalebridge did, in which commit, when."""

    commit: str
    at: datetime
    decision: ScaleDecision


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The branch's tip and its regular files by path; symbolic links and submodules are left out,
    so no path of a policy can lead out of the repo."""

    tip: str
    files: Mapping[str, File]

    def blobs(self) -> dict[str, str]:
        """Blob id by path."""
        return {path: file.blob for path, file in self.files.items()}

    def below(self, folder: str) -> dict[str, str]:
        """Blob id by path of the files in `folder` and its folders."""
        prefix = "" if folder in ("", ".") else f"{folder.rstrip('/')}/"
        return {path: f.blob for path, f in self.files.items() if path.startswith(prefix)}
