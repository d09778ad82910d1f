"""`targets`: every count that the state repo holds, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import typer

from bridge.commands.console import DONE, awaited, print_json
from bridge.errors import ManifestUnsupported
from bridge.manifest.count import Count, Gap
from bridge.manifest.index import Index, Place
from bridge.manifest.locator import Field, KustomizeReplicas, Locator, Marker
from bridge.manifest.survey import Held
from bridge.manifest.target import Target
from bridge.manifest.workload import NO_COUNT, Workload
from bridge.repo.state_repo import StateRepo
from bridge.service.placing import Places, placed, targets_of
from bridge.service.policies import read_policies
from bridge.settings.configuration import Settings

_SCALABLE = frozenset(
    {"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout"}
)
_BOUNDS = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
}
"""The counts of objects whose own controller keeps the replicas between them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One count of the repo, or what lacks one; and the policy that governs it."""

    file: str
    line: int
    target: str
    count: Count | Gap | None
    reason: str = ""
    policy: str | None = None

    @property
    def spot(self) -> tuple[str, int | str]:
        """What no two of them have in common."""
        return self.file, self.count.start if self.count else f"{self.line} {self.target}"

    @property
    def facts(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "file": self.file,
            "line": self.line,
            "target": self.target,
            "replicas": self.count.value if self.count else None,
            "policy": self.policy,
            "reason": self.reason or None,
        }

    def __str__(self) -> str:
        value = self.count.value if self.count else None
        what = self.reason if value is None else value
        return f"{self.file}:{self.line}: {self.target}: {what}" + (
            f"  (policy {self.policy})" if self.policy else ""
        )


def show_targets(settings: Settings, *, as_json: bool) -> int:
    """Lists what the repo holds; returns the exit code."""
    index, places = awaited(_looked(settings))
    found = lines(index, places)
    if as_json:
        refused = [{"file": path, "reason": why} for path, why in sorted(index.refused.items())]
        print_json({"targets": [line.facts for line in found], "unreadable": refused})
        return DONE
    for line in found:
        typer.echo(str(line))
    for path, why in sorted(index.refused.items()):
        typer.echo(f"{path}: {why}", err=True)
    return DONE


async def _looked(settings: Settings) -> tuple[Index, Places]:
    async with StateRepo(settings.state_repo) as repo:
        snapshot = await repo.look()
        policies = (await read_policies(repo, snapshot)).by_name
        governed = targets_of(policies)
        asked = (target for _, _, target in others(snapshot.index))
        index = await repo.located(snapshot, [*governed, *asked])
        return index, placed(policies, index)


def others(index: Index) -> Iterator[tuple[str, int, Target]]:
    """Entries, markers and bounds with file and line, as targets by themselves."""
    for path, survey in index.surveys.items():
        for held in survey.others:
            yield path, held.line, _other(path, held)
        for found in survey.workloads:
            for key in _BOUNDS.get(found.target.kind, ()):
                yield path, found.line, _bound(path, found, key)


def _bound(path: str, found: Workload, key: str) -> Target:
    at = Locator(Field(("spec", key), found.target, found.doc), path)
    return Target("", f"{path}: {key} of {found.target}", at=at)


def _other(path: str, held: Held) -> Target:
    return Target("", f"{path}: {_named(held.where)}", at=Locator(held.where, path))


def _named(where: Field | KustomizeReplicas | Marker) -> str:
    if isinstance(where, Field):
        return f"{where.path[-1]} of service {where.path[1]}"
    return f"{'marker' if isinstance(where, Marker) else 'replicas of'} {where.name}"


def lines(index: Index, places: Places) -> list[Line]:
    """Every count once, by file and line; with those that only a policy knows of."""
    found: dict[tuple[str, int | str], Line] = {}
    adopted = [place for place in places.found.values() if place.count.value is None]
    for line in (*_indexed(index, adopted), *map(_placed, places.found.values())):
        found.setdefault(line.spot, line)
    for name, place in places.found.items():
        line = _placed(place)  # by the name that `release` and `history` know
        found[line.spot] = replace(found[line.spot], target=line.target, policy=name)
    return sorted(found.values(), key=lambda line: (line.file, line.line, line.target))


def _indexed(index: Index, adopted: Sequence[Place]) -> Iterator[Line]:
    for path, survey in sorted(index.surveys.items()):
        targets = [place.target for place in adopted if place.path == path]
        for one in survey.workloads:
            if _scalable(one) and not any(target.fits(one.target) for target in targets):
                yield _workload(path, one)
    yield from (_found(index, *other) for other in others(index))


def _scalable(workload: Workload) -> bool:
    """Not a ConfigMap: it has a count, or one that can't be changed, or could have one."""
    return workload.target.kind in _SCALABLE or not workload.refusal.endswith(NO_COUNT)


def _workload(path: str, found: Workload) -> Line:
    line = found.count.line if found.count else found.line
    return Line(path, line, str(found.target), found.count, found.refusal)


def _found(index: Index, path: str, line: int, target: Target) -> Line:
    name = str(target).removeprefix(f"{path}: ")
    try:
        count = index.find(target).count
    except ManifestUnsupported as refusal:
        return Line(path, line, name, None, str(refusal).removeprefix(f"{target}: {path}: "))
    return Line(path, count.line, name, count)


def _placed(place: Place) -> Line:
    reason = "has no count yet" if place.count.value is None else ""
    return Line(place.path, place.count.line, str(place.target), place.count, reason)
