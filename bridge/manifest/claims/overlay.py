"""What puts manifests of the repo together, and changes them on the way to the cluster.

A kustomization, a Flux Kustomization, an Argo CD Application: each takes folders and files of
the repo, and may set fields of what it takes.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bridge.documents import Document
from bridge.manifest.claims.fields import Lines, Part
from bridge.manifest.claims.hiding import Hiding
from bridge.manifest.claims.patches import Patch, body_of
from bridge.manifest.claims.selector import selector_of
from bridge.manifest.target import Target

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
ANYWHERE = "**"
"""A folder of which the repo tells nothing."""
_REMOTE = ("://", "git@", "?ref=", "github.com/")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of `replicas`: the count of what has this name, of the built-in kinds."""

    lines: Lines
    name: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """One of them. All paths count from the repo's root."""

    title: str
    path: str
    line: int
    folder: str | None = None
    """By which a kustomization is referred to; None: by nothing in the repo."""
    takes: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    sets: tuple[Patch | Entry, ...] = ()
    """In the order in which they act."""
    affixes: tuple[str, str] = ("", "")
    remote: bool = False
    """Whether it takes anything from elsewhere."""
    suspended: int = 0
    """The line that says so."""
    hidings: tuple[Hiding, ...] = field(default=(), compare=False)
    origin: tuple[str, str] = ("", "")
    """URL and revision of what it takes; empty where that isn't told."""
    source: Target | None = None
    """The GitRepository that a Flux Kustomization names for it."""
    recurses: bool = True
    """Whether a folder without a kustomization is taken with the folders in it."""

    @property
    def is_guess(self) -> bool:
        """Whether it may as well take none of what it is held against."""
        return ANYWHERE in self.takes

    @property
    def files(self) -> Iterator[str]:
        """Those that hold its patches."""
        yield from (one.file for one in self.sets if isinstance(one, Patch) and one.file)


def inside(folder: str, reference: str) -> str:
    """The path in the repo that a reference from this folder means; empty if it leaves the repo."""
    if any(sign in reference for sign in _REMOTE) or reference.startswith("/"):
        return ""
    path = posixpath.normpath(posixpath.join(folder or ".", reference))
    return "" if path.startswith("..") else path


def kustomization_of(part: Part, path: str) -> Overlay:
    """A file that kustomize reads."""
    folder = posixpath.dirname(path) or "."
    taken = [*part.texts("resources"), *part.texts("bases")]
    within = [inside(folder, one) for one in taken]
    parts = [inside(folder, one) for one in part.texts("components")]
    return Overlay(
        "kustomization",
        path,
        part.line,
        folder,
        tuple(filter(None, within)),
        tuple(filter(None, parts)),
        tuple(sets_of(part, folder)),
        (part.text("namePrefix"), part.text("nameSuffix")),
        remote=not all((*within, *parts)),
    )


def sets_of(part: Part, folder: str) -> Iterator[Patch | Entry]:
    """Patches, then `replicas`, then replacements: the order of kustomize's own transformers."""
    for one in part.items("patchesStrategicMerge"):
        if isinstance(one.data, str):
            yield _merged(one, folder)
    for key in ("patches", "patchesJson6902"):
        for one in part.items(key):
            yield _patch(one, folder)
    yield from entries_of(part.items("replicas"))
    for one in part.items("replacements"):
        yield from _replacements(one)


def entries_of(items: Iterable[Part]) -> Iterator[Entry]:
    """A kustomization's `replicas`; Argo CD also writes them as `name=4`."""
    for one in items:
        name = one.text("name") or (one.data.partition("=")[0] if isinstance(one.data, str) else "")
        if name:
            yield Entry(one.lines, name)


def _merged(part: Part, folder: str) -> Patch:
    if "\n" in part.data or ":" in part.data:
        return Patch(part.lines, None, body_of(part.data.encode(), "patch"))
    return Patch(part.lines, None, file=inside(folder, part.data))


def _patch(part: Part, folder: str) -> Patch:
    target = part.at("target")
    selector = selector_of(target) if isinstance(target.data, dict) else None
    if text := part.text("patch"):
        return Patch(part.lines, selector, body_of(text.encode(), "patch"))
    if isinstance(operations := part.at("patch").data, list | dict):  # Flux before v1
        return Patch(part.lines, selector, _given(part, operations))
    path = part.text("path")
    return Patch(part.lines, selector, file=inside(folder, path) if path else "")


def _given(part: Part, data: object) -> tuple[Document, ...]:
    return (Document(part.document.name, data, part.document.lines),)


def _replacements(part: Part) -> Iterator[Patch]:
    """Each of its targets, as the JSON patch that it amounts to."""
    for target in part.items("targets"):
        fields = [f"/{one.replace('.', '/')}" for one in target.texts("fieldPaths")]
        operations = [{"op": "replace", "path": place} for place in fields]
        yield Patch(target.lines, selector_of(target.at("select")), _given(part, operations))


def flux_overlay(part: Part, path: str) -> Overlay:
    """A Kustomization of Flux."""
    spec = part.at("spec")
    folder = inside("", spec.text("path") or ".") or "."
    suspended = spec.at("suspend")
    name = "/".join(filter(None, (part.text("metadata", key) for key in ("namespace", "name"))))
    parts = [inside(folder, one) for one in spec.texts("components")]
    return Overlay(
        f"Flux Kustomization {name}",
        path,
        part.line,
        takes=(folder,),
        components=tuple(filter(None, parts)),
        sets=tuple(sets_of(spec, folder)),
        suspended=suspended.line if suspended.data is True else 0,
        source=_source(spec.at("sourceRef"), part.text("metadata", "namespace")),
    )


def _source(ref: Part, namespace: str) -> Target | None:
    if ref.text("kind") != "GitRepository":
        return None  # what somebody made of a repo, perhaps of ours
    return Target("GitRepository", ref.text("name"), ref.text("namespace") or namespace or None)
