"""Argo CD's Applications and ApplicationSets, as overlays: one for each source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridge.manifest.claims.fields import Part
from bridge.manifest.claims.hiding import hidings_of
from bridge.manifest.claims.overlay import ANYWHERE, Overlay, inside, sets_of

_TEMPLATE = re.compile(r"\{\{.*?\}\}")
_DIRECTORY = re.compile(r"\{\{-?\s*\.?path(?:\.path)?\s*-?\}\}")
_PARTED = re.compile(f"({_DIRECTORY.pattern})")
_DEEPEST = 5


def argocd_overlays(part: Part, path: str) -> Iterator[Overlay]:
    """The sources of an Application, or of an ApplicationSet's template."""
    templated = part.text("kind") == "ApplicationSet"
    spec = part.at("spec", "template", "spec") if templated else part.at("spec")
    name = part.text("metadata", "name")
    sources = [*spec.items("sources")] or [spec.at("source")]
    for source in sources:
        folders = tuple(_folders(part, source.text("path"), templated=templated))
        if not folders or source.text("chart"):
            continue
        given = source.at("kustomize")
        yield Overlay(
            f"{part.text('kind')} {name}",
            path,
            part.line,
            takes=folders,
            components=tuple(inside(folders[0], one) for one in given.texts("components")),
            sets=(*sets_of(given, folders[0]),),
            affixes=(given.text("namePrefix"), given.text("nameSuffix")),
            hidings=tuple(hidings_of(spec)),
            origin=_origin(source),
            recurses=source.at("directory", "recurse").data is True,
        )


def _origin(source: Part) -> tuple[str, str]:
    """Without what a template says: that is taken to be ours."""
    given = source.text("repoURL"), source.text("targetRevision")
    url, revision = ("" if _TEMPLATE.search(one) else one for one in given)
    return url, revision


def _folders(part: Part, path: str, *, templated: bool) -> Iterator[str]:
    """Where the source is; a template's as globs, from the generators where these tell."""
    if not path:
        return
    if not templated or not _TEMPLATE.search(path):
        yield inside("", path) or "."
        return
    globs = list(_directories(part.at("spec"))) if _DIRECTORY.search(path) else []
    if not globs and _TEMPLATE.fullmatch(path.strip()):
        yield ANYWHERE
        return
    for glob in globs or ["*"]:
        named = "".join((glob if n % 2 else one) for n, one in enumerate(_PARTED.split(path)))
        yield inside("", _TEMPLATE.sub("*", named))


def _directories(spec: Part, depth: int = 0) -> Iterator[str]:
    """The paths of the git generators, also of those inside of matrices and merges."""
    for generator in spec.items("generators"):
        for directory in generator.items("git", "directories"):
            if directory.at("exclude").data is not True and directory.text("path"):
                yield directory.text("path")
        for kind in ("matrix", "merge") if depth < _DEEPEST else ():
            yield from _directories(generator.at(kind), depth + 1)
