"""What else in the state repo has a say over a count that a policy governs."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from bridge.manifest.claims.layers import Ending, Layers
from bridge.manifest.claims.owners import AUTOSCALERS, Owner
from bridge.manifest.claims.reading import Claims
from bridge.manifest.claims.subject import Subject, subject_of
from bridge.manifest.index import Index, Place
from bridge.manifest.path import shown
from bridge.manifest.target import Target

_ADVICE = "two owners of one number: keep one"


@dataclass(frozen=True, slots=True, order=True)
class Conflict:
    """One of them, with where it stands; a warning where it may be meant."""

    title: str
    """The policy's, as status and errors call it."""
    path: str
    line: int
    text: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{self.title}: {self.path}:{self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class Governed:
    """A policy's count: its title, the target as the policy names it, and the place."""

    title: str
    target: Target
    place: Place


Void = Mapping[tuple[str, str], bool]
"""By a policy's title and a kustomization's folder: whether the count that it renders stays the
same when ours changes."""


class Guard:
    """Compares what policies govern with what the repo says besides."""

    def __init__(self, index: Index, claims: Claims, is_ours: Callable[[str, str], bool]) -> None:
        """`is_ours` tells whether an Application's URL and revision mean this branch."""
        ours = (one for one in claims.overlays if is_ours(*one.origin))
        self.layers = Layers(replace(claims, overlays=tuple(ours)))
        self._index = index
        self._owners: dict[str, list[tuple[str, Owner]]] = defaultdict(list)
        for path, owner in claims.owners:
            self._owners[owner.owned.name].append((path, owner))
        self._endings: dict[str, frozenset[tuple[str, int]]] = {}
        self._nearest: dict[tuple[str, str, str], int] = {}
        self._frozen = {(path, one.target): one.line for path, one in claims.frozen}

    def conflicts(self, governed: Iterable[Governed], void: Void | None = None) -> list[Conflict]:
        """All of them, by policy, file and line; `void` tells what rendering came to."""
        found = (conflict for one in governed for conflict in self._of(one, void or {}))
        return sorted(set(found))

    def subject(self, one: Governed) -> Subject | None:
        """Whose count it is; None for a mere place in a file."""
        return subject_of(self._index, one.target, one.place)

    def _of(self, one: Governed, void: Void) -> Iterator[Conflict]:
        subject = self.subject(one)
        if subject is None:
            return
        yield from self._owned(one, subject)
        endings = self.layers.endings(one.place, subject)
        yield from _voided(one, subject, endings, void)
        for ending in endings:
            yield from _hidden(one, subject, ending)
            if line := ending.overlay.suspended:
                text = f"{ending.overlay.title} is suspended: no commit takes effect meanwhile"
                yield Conflict(one.title, ending.overlay.path, line, text, is_error=False)
        frozen = self._frozen.get((one.place.path, subject.object))
        if frozen is not None:
            text = f"Flux leaves {subject.object} as it is (reconcile: disabled)"
            yield Conflict(one.title, one.place.path, frozen, text, is_error=False)

    def _owned(self, one: Governed, subject: Subject) -> Iterator[Conflict]:
        """By a controller; not if the count is that controller's own bound (hybrid)."""
        if subject.object.kind in AUTOSCALERS:
            return
        for path, owner in self._owners.get(subject.object.name, ()):
            if _is(subject.object, owner.owned) and self._together(one.place, path, owner):
                text = f"{owner.by} also sets the replicas of {owner.owned}: "
                yield Conflict(
                    one.title,
                    path,
                    owner.lines[0],
                    text + (owner.resting or _ADVICE),
                    is_error=not owner.resting,
                )

    def _together(self, place: Place, path: str, owner: Owner) -> bool:
        """Whether both files go to the same place, as far as the repo tells."""
        if path == place.path:
            return True
        there, here = self._endings_of(path), self._endings_of(place.path)
        if there and here:
            return not there.isdisjoint(here)
        return _shared(path, place.path) >= self._nearness(path, owner.owned)

    def _nearness(self, path: str, owned: Target) -> int:
        """How many folders a file has in common with the nearest workload of that name."""
        key = path, owned.kind, owned.name
        if key not in self._nearest:
            twins = self._index.candidates.get((owned.kind, owned.name), [])
            self._nearest[key] = max((_shared(path, other) for other, _ in twins), default=0)
        return self._nearest[key]

    def _endings_of(self, path: str) -> frozenset[tuple[str, int]]:
        if path not in self._endings:
            above = self.layers.above(path)
            self._endings[path] = frozenset((one.path, one.line) for one in above)
        return self._endings[path]


def _is(subject: Target, owned: Target) -> bool:
    return (
        subject.kind in ("", owned.kind)
        and subject.name == owned.name
        and (None in (subject.namespace, owned.namespace) or subject.namespace == owned.namespace)
        and (None in (subject.group, owned.group) or subject.group == owned.group)
    )


def _shared(path: str, other: str) -> int:
    """How many folders two files have in common."""
    folders, others = posixpath.dirname(path).split("/"), posixpath.dirname(other).split("/")
    pairs = zip(folders, others, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(folders), len(others)))


def _voided(
    one: Governed, subject: Subject, endings: list[Ending], rendered: Void
) -> Iterator[Conflict]:
    """Where the count has no effect in any overlay, or not in all of them."""
    dead = [end for end in endings if _is_void(one, end, rendered)]
    for end in dead:
        by, line = end.passed.by or end.overlay, end.passed.line or end.overlay.line
        everywhere = len(dead) == len(endings) and not all(one.overlay.is_guess for one in dead)
        text = (
            f"{by.title} sets {shown(subject.path)} of {subject.object}: "
            f"the count in {one.place} has no effect" + ("" if everywhere else " there")
        )
        yield Conflict(one.title, by.path, line, text, is_error=everywhere)


def _is_void(one: Governed, end: Ending, rendered: Void) -> bool:
    if end.passed.by is end.overlay and end.overlay.folder is None:
        return True  # by what Argo CD or Flux adds, which no kustomize build shows
    folders = (end.overlay.folder,) if end.overlay.folder else end.overlay.takes
    told = [rendered[one.title, folder] for folder in folders if (one.title, folder) in rendered]
    return all(told) if told else end.passed.void


def _hidden(one: Governed, subject: Subject, end: Ending) -> Iterator[Conflict]:
    """Argo CD looks away."""
    names = end.passed.names
    for hiding in end.overlay.hidings:
        surely, perhaps = hiding.of(subject, names), hiding.perhaps_of(subject, names)
        if not (what := surely or perhaps):
            continue
        is_error = bool(surely) and not end.overlay.is_guess
        then = "no sync changes it" if hiding.respected else "its commits start no sync"
        text = (
            f"{end.overlay.title} ignores {what} of {subject.object}: {then}; take it out of "
            "ignoreDifferences"
        )
        yield Conflict(one.title, end.overlay.path, hiding.line, text, is_error)
