"""Through which overlays a count goes on its way to the cluster, and what they make of it."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from bridge.manifest.claims.overlay import ANYWHERE, Entry, Overlay
from bridge.manifest.claims.patches import Patch
from bridge.manifest.claims.reading import Claims
from bridge.manifest.claims.subject import Subject
from bridge.manifest.index import Place
from bridge.manifest.locator import SPEC_REPLICAS

_COUNTED = frozenset({"", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"})
"""The kinds that kustomize's `replicas` sets: a Rollout is none of them."""
_GLOBS = "*?["


@dataclass(frozen=True, slots=True)
class Passed:
    """A count that came through overlays: under which names, and what set it last."""

    names: frozenset[str]
    by: Overlay | None = None
    line: int = 0

    @property
    def void(self) -> bool:
        """Whether the count has no effect any more."""
        return self.by is not None


@dataclass(frozen=True, slots=True)
class Ending:
    """An overlay that nothing in the repo takes, and what comes of the count there."""

    overlay: Overlay
    passed: Passed


class Layers:
    """The overlays of a tree."""

    def __init__(self, claims: Claims) -> None:
        self.claims = claims
        self.by_folder: dict[str, Overlay] = {}
        self._takers: dict[str, list[Overlay]] = defaultdict(list)
        self._globbing: list[Overlay] = []
        for one in claims.overlays:
            if one.folder is not None:
                self.by_folder[one.folder] = one
                for path in (one.path, *one.files):
                    self._takers[path].append(one)
            for path in (*one.takes, *one.components):
                self._takers[path].append(one)
            if any(sign in path for path in one.takes for sign in _GLOBS):
                self._globbing.append(one)

    def above(self, path: str) -> list[Overlay]:
        """Every overlay that takes the file, through however many others."""
        found: dict[int, Overlay] = {}
        waiting = [*self._takers.get(path, ()), *self._deployers(path)]
        while waiting:
            one = waiting.pop()
            if id(one) not in found:
                found[id(one)] = one
                waiting += self._takers.get(one.folder, ()) if one.folder else ()
                waiting += self._globbed(one.folder) if one.folder else ()
        return list(found.values())

    def _deployers(self, path: str) -> Iterator[Overlay]:
        """Those that take a folder as it is, in which the file lies."""
        folders = [str(one) for one in PurePosixPath(path).parents]
        for folder in folders:
            if folder not in self.by_folder:
                for one in (*self._takers.get(folder, ()), *self._globbed(folder)):
                    if one.folder is None and self._holds(one, folder, path):
                        yield one

    def _holds(self, one: Overlay, folder: str, path: str) -> bool:
        direct = folder == (posixpath.dirname(path) or ".")
        return direct or one.recurses or folder in self.claims.charts

    def _globbed(self, folder: str) -> Iterator[Overlay]:
        for one in self._globbing:
            if any(_fits(folder, path) for path in one.takes):
                yield one

    def endings(self, place: Place, subject: Subject) -> list[Ending]:
        """What comes of the count in each overlay where its way ends."""
        above = self.above(place.path)
        if not above:
            return []
        way = _Way(self, place, subject, above)
        lower = {id(one) for one in above if self._is_taken(one)}
        ends = [(one, way.through(one)) for one in above if id(one) not in lower]
        return [Ending(one, passed) for one, passed in ends if passed]

    def names(self, place: Place, subject: Subject) -> frozenset[str]:
        """Under which names the count's object comes out."""
        passed = [ending.passed.names for ending in self.endings(place, subject)]
        return frozenset({subject.object.name}).union(*passed)

    def builds(self, place: Place) -> list[str]:
        """The folders of kustomizations where the count's way ends, but for Argo CD and Flux.

        Those that take something from elsewhere are left out: a build would go and get it.
        """
        own = [one for one in self.above(place.path) if one.folder is not None]
        taken = {path for one in own for path in (*one.takes, *one.components)}
        tops = [one.folder for one in own if one.folder is not None and one.folder not in taken]
        return [top for top in tops if not any(one.remote for one in self.below(top))]

    def below(self, folder: str) -> list[Overlay]:
        """The kustomization of a folder, and every other one that it takes."""
        found: dict[str, Overlay] = {}
        waiting = [folder]
        while waiting:
            one = self.by_folder.get(waiting.pop())
            if one is not None and one.folder is not None and one.folder not in found:
                found[one.folder] = one
                waiting += [*one.takes, *one.components]
        return list(found.values())

    def _is_taken(self, one: Overlay) -> bool:
        taken = one.folder is not None and self._takers.get(one.folder)
        return bool(taken) or (one.folder is not None and any(self._globbed(one.folder)))


def _fits(folder: str, glob: str) -> bool:
    """Whether a folder is one of those that a glob means; `*` stays within a name."""
    parts, wanted = folder.split("/"), glob.split("/")
    if glob == ANYWHERE:
        return True
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


class _Way:
    """One count's way up."""

    def __init__(
        self, layers: Layers, place: Place, subject: Subject, above: list[Overlay]
    ) -> None:
        self._layers = layers
        self._place = place
        self._subject = subject
        self._above = {id(one) for one in above}
        parents = [str(folder) for folder in PurePosixPath(place.path).parents]
        self._folders = [*(one.folder for one in above if one.folder is not None), *parents]
        self._known: dict[int, Passed | None] = {}

    def through(self, one: Overlay) -> Passed | None:
        """What comes of the count in this overlay; None where it doesn't get there."""
        if id(one) not in self._above:
            return None
        if id(one) not in self._known:
            self._known[id(one)] = None  # a loop leads nowhere
            self._known[id(one)] = self._through(one)
        return self._known[id(one)]

    def _through(self, one: Overlay) -> Passed | None:
        passed = self._taken(one)
        for folder in one.components:
            part = self._layers.by_folder.get(folder)
            if part and passed:
                passed = self._set_by(part, passed, 0)
            elif part:
                passed = self.through(part)
        own = self._own(one)
        if own is not None:
            return self._set_by(one, Passed(frozenset({self._subject.object.name})), own + 1)
        return self._set_by(one, passed, 0) if passed else None

    def _taken(self, one: Overlay) -> Passed | None:
        """From below: where several ways lead there, one on which the count lives."""
        found: list[Passed] = []
        for path in self._paths(one):
            below = self._layers.by_folder.get(path)
            if below is not None:
                found += filter(None, [self.through(below)])
            elif self._place.path == path or (one.folder is None and self._place_below(path)):
                found.append(Passed(frozenset({self._subject.object.name})))
        return min(found, key=lambda passed: passed.void, default=None)

    def _paths(self, one: Overlay) -> Iterable[str]:
        globs = [path for path in one.takes if any(sign in path for sign in _GLOBS)]
        if not globs:
            return one.takes
        return [path for path in self._folders if any(_fits(path, glob) for glob in globs)]

    def _place_below(self, folder: str) -> bool:
        return folder == "." or f"{self._place.path}/".startswith(f"{folder}/")

    def _own(self, one: Overlay) -> int | None:
        """The number of the overlay's patch or entry in which the count stands itself."""
        place = self._place
        for number, setter in enumerate(one.sets):
            first, last = setter.lines
            here = place.path == one.path and first <= place.count.line <= last
            if here or (isinstance(setter, Patch) and place.path == setter.file):
                return number
        return None

    def _set_by(self, one: Overlay, passed: Passed, start: int) -> Passed:
        """After the overlay's patches and entries from this number on, and its prefix."""
        names, by, line = passed.names, passed.by, passed.line
        for setter in one.sets[start:]:
            if self._sets(setter, passed):
                by, line = one, setter.lines[0]
        prefix, suffix = one.affixes
        if prefix or suffix:
            names |= {f"{prefix}{name}{suffix}" for name in names}
        return Passed(names, by, line)

    def _sets(self, setter: Patch | Entry, passed: Passed) -> bool:
        subject = self._subject
        if isinstance(setter, Entry):
            counted = subject.path == SPEC_REPLICAS and subject.object.kind in _COUNTED
            return counted and setter.name in passed.names
        body = self._layers.claims.bodies.get(setter.file, ()) if setter.file else setter.body
        return setter.sets(subject, passed.names, body)
