"""What one file says about counts that stand elsewhere, read once a version of the file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from bridge.documents import Document, load_documents
from bridge.manifest.claims.argocd import argocd_overlays
from bridge.manifest.claims.fields import Part, objects
from bridge.manifest.claims.overlay import (
    KUSTOMIZATIONS,
    Overlay,
    flux_overlay,
    kustomization_of,
)
from bridge.manifest.claims.owners import Owner, owner_of
from bridge.manifest.claims.patches import Body, body_of
from bridge.manifest.index import Read
from bridge.manifest.locate import YAML_SUFFIXES, suffix_of
from bridge.manifest.target import Target

_SCREEN = re.compile(
    rb"HorizontalPodAutoscaler|ScaledObject|workloadRef|argoproj\.io/|\.toolkit\.fluxcd\.io/"
)
"""The cheap look before any parse; kustomizations are known by their names."""
Origin = tuple[str, str]
"""URL and revision."""
_DISABLED = "kustomize.toolkit.fluxcd.io/reconcile"


@dataclass(frozen=True, slots=True)
class Frozen:
    """An object that Flux leaves as it is."""

    target: Target
    line: int


@dataclass(frozen=True, slots=True)
class FileClaims:
    """What one file says."""

    owners: tuple[Owner, ...] = ()
    frozen: tuple[Frozen, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    origins: tuple[tuple[Target, Origin], ...] = ()
    """Of Flux' GitRepositories."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a tree of files says, by path."""

    owners: tuple[tuple[str, Owner], ...] = ()
    frozen: tuple[tuple[str, Frozen], ...] = ()
    overlays: tuple[Overlay, ...] = ()
    bodies: Mapping[str, Body] = field(default_factory=dict)
    """The files that overlays patch with."""
    charts: frozenset[str] = frozenset()
    """The folders that are Helm charts."""


_NOTHING = FileClaims()


def claims_in(content: bytes, path: str) -> FileClaims:
    """What a YAML or JSON file says; documents that can't be read say nothing."""
    kustomizes = path.rpartition("/")[2] in KUSTOMIZATIONS
    if not kustomizes and not _SCREEN.search(content):
        return _NOTHING
    documents = [one for one in load_documents(content, path) if isinstance(one, Document)]
    parts = [part for one in documents for part in objects(one) if isinstance(part.data, dict)]
    overlays = [overlay for part in parts for overlay in _overlays(part, path)]
    if kustomizes and parts and not overlays:
        overlays = [kustomization_of(parts[0], path)]
    owners = (owner_of(part) for part in parts)
    frozen = (Frozen(_identity(part), part.line) for part in parts if _is_frozen(part))
    origins = (_git_repository(part) for part in parts if part.text("kind") == "GitRepository")
    return FileClaims(tuple(filter(None, owners)), tuple(frozen), tuple(overlays), tuple(origins))


def _overlays(part: Part, path: str) -> Iterable[Overlay]:
    group, kind = part.text("apiVersion").partition("/")[0], part.text("kind")
    if group == "kustomize.toolkit.fluxcd.io" and kind == "Kustomization":
        return [flux_overlay(part, path)]
    if group == "argoproj.io" and kind in ("Application", "ApplicationSet"):
        return argocd_overlays(part, path)
    return ()


def _git_repository(part: Part) -> tuple[Target, Origin]:
    name, namespace = part.text("metadata", "name"), part.text("metadata", "namespace")
    origin = part.text("spec", "url"), part.text("spec", "ref", "branch")
    return Target("GitRepository", name, namespace or None), origin


def _with_origins(found: Iterable[FileClaims]) -> Iterator[Overlay]:
    """A GitRepository that clusters have of one name, and not of one origin, tells nothing."""
    files = list(found)
    origins: dict[Target, set[Origin]] = defaultdict(set)
    for target, origin in (pair for claims in files for pair in claims.origins):
        origins[target].add(origin)
    for overlay in (one for claims in files for one in claims.overlays):
        known = origins.get(overlay.source, set()) if overlay.source else set()
        yield replace(overlay, origin=next(iter(known))) if len(known) == 1 else overlay


def _identity(part: Part) -> Target:
    name, namespace = part.text("metadata", "name"), part.text("metadata", "namespace")
    return Target(part.text("kind"), name, namespace or None, part.text("apiVersion"))


def _is_frozen(part: Part) -> bool:
    places = (part.at("metadata", kind) for kind in ("annotations", "labels"))
    return any(place.text(_DISABLED) == "disabled" for place in places)


class Ledger:
    """Reads tree after tree; a file's version is read once, however often the branch moves."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], FileClaims] = {}
        self._bodies: dict[tuple[str, str], Body] = {}

    def unread(self, tree: Mapping[str, str]) -> dict[str, str]:
        """Those of a tree's files (path to blob id) that were not read yet."""
        return {
            path: blob
            for path, blob in tree.items()
            if suffix_of(path) in YAML_SUFFIXES and (path, blob) not in self._read
        }

    def take_in(self, files: Mapping[str, str], read: Read) -> None:
        """Reads these files; in portions, so that others may have their turn between."""
        paths: dict[str, list[str]] = {}
        for path, blob in files.items():
            paths.setdefault(blob, []).append(path)
        for blob, content in read(sorted(paths)) if paths else ():
            for path in paths[blob]:
                found = claims_in(content, path) if content is not None else _NOTHING
                self._read[path, blob] = found

    def claims(self, tree: Mapping[str, str], read: Read) -> Claims:
        """What the tree says; what was not read of it is read now."""
        self.take_in(self.unread(tree), read)
        self._read = {key: self._read[key] for key in tree.items() if key in self._read}
        found = [(path, claims) for (path, _), claims in self._read.items() if claims != _NOTHING]
        overlays = tuple(_with_origins(claims for _, claims in found))
        return Claims(
            tuple((path, owner) for path, claims in found for owner in claims.owners),
            tuple((path, frozen) for path, claims in found for frozen in claims.frozen),
            overlays,
            self._patches(overlays, tree, read),
            frozenset(path.rpartition("/")[0] for path in tree if path.endswith("/Chart.yaml")),
        )

    def _patches(
        self, overlays: Iterable[Overlay], tree: Mapping[str, str], read: Read
    ) -> dict[str, Body]:
        paths = {path for overlay in overlays for path in overlay.files if path in tree}
        self._bodies = {
            (path, tree[path]): self._bodies[path, tree[path]]
            for path in paths
            if (path, tree[path]) in self._bodies
        }
        missing: dict[str, list[str]] = {}
        for path in paths - {path for path, _ in self._bodies}:
            missing.setdefault(tree[path], []).append(path)
        for blob, content in read(sorted(missing)) if missing else ():
            for path in missing[blob]:
                self._bodies[path, blob] = body_of(content or b"", path)
        return {path: body for (path, _), body in self._bodies.items()}
