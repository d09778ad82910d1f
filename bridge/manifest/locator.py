"""How a policy or a person says where a count stands: a small closed set of places."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.manifest.path import Path, pointer
from bridge.manifest.target import Target

SPEC_REPLICAS: Path = ("spec", "replicas")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object, or of a document where no owner is given.

    An owner without a name is any object of its kind.
    """

    path: Path = SPEC_REPLICAS
    owner: Target | None = None
    doc: int | None = None

    def __str__(self) -> str:
        return f"{'' if self.doc is None else self.doc}{pointer(self.path)}"


@dataclass(frozen=True, slots=True)
class KustomizeReplicas:
    """The entry of this name in a kustomization's `replicas`."""

    name: str

    def __str__(self) -> str:
        return f"replicas/{self.name}"


@dataclass(frozen=True, slots=True)
class Marker:
    """The one integer on the line that a comment `scalebridge: NAME` marks."""

    name: str
    within: Field | None = None
    """Only on lines of this field's text."""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Locator:
    """One place, and what may be done there."""

    where: Field | KustomizeReplicas | Marker
    file: str | None = None
    pattern: str | None = None
    """A regular expression with one match in the text found; its group is the count."""
    allow_anchors: bool = False
    insert: bool = False

    def __str__(self) -> str:
        inside = f"~{self.pattern}" if self.pattern else ""
        return f"{self.file or ''}#{self.where}{inside}"
