"""What must be true of the remote's branch, by plain git and arithmetic: ours is not asked."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from tests.faults.episodes import APPS, Loads, wanted
from tests.parts.state_repo import PERSON, Commit, StateRepo

Invariant = Literal[
    "once", "bounds", "digits", "linear", "recovery",
    "memory", "threads", "descriptors", "children", "temporary",
]  # fmt: skip
_COUNT = re.compile(rb"^  replicas: (\d+)", re.MULTILINE)


class Broken(AssertionError):
    """One of the invariants does not hold."""

    def __init__(self, invariant: Invariant, told: str) -> None:
        super().__init__(f"{invariant}: {told}")
        self.invariant = invariant


def require(fact: object, invariant: Invariant, told: str) -> None:
    """A fact that an invariant rests on."""
    if not fact:
        raise Broken(invariant, told)


def counts(repo: StateRepo, rev: str = "main") -> dict[str, int]:
    """What Git says runs."""
    return {app: _count(repo.read(f"apps/{app}.yaml", rev)) for app in APPS}


def _count(text: bytes) -> int:
    (found,) = _COUNT.findall(text)
    return int(found)


def prove_commits(repo: StateRepo, since: str) -> list[Commit]:
    """Each commit since then is one that may be; ours, oldest first."""
    prove_never_forced(repo)
    newer = repo.log(f"{since}..main")[::-1]
    ours = [commit for commit in newer if commit.author != PERSON]
    for commit in newer:
        require(len(commit.parents) == 1, "linear", f"not one parent: {commit}")
    for commit in ours:
        _prove_digits(repo, commit)
    return ours


def prove_once(repo: StateRepo, since: str, loads: Sequence[Loads]) -> None:
    """The commits since then are just those that the loads ask for."""
    ours = prove_commits(repo, since)
    paths = [counts(repo, since), *(counts(repo, commit.sha) for commit in ours)]
    for app in APPS:
        path = [one[app] for one in paths]
        path = [path[0], *(after for before, after in pairwise(path) if before != after)]
        asked = [path[0], *(wanted(one[app]) for one in loads)]
        told = f"{app} went {path}, and was asked for {asked}"
        require(path in _ways(asked), "once", told)


def _ways(asked: Sequence[int]) -> list[list[int]]:
    """Each is committed once; those that were overtaken may be left out."""
    first, *between, last = asked
    ways = [[first, last], [first, *between, last]]
    return [[way[0], *(b for a, b in pairwise(way) if a != b)] for way in ways]


def _prove_digits(repo: StateRepo, commit: Commit) -> None:
    """Not empty, nothing but counts, none outside its policy's limits."""
    (parent,) = commit.parents
    require(commit.paths, "once", f"an empty commit: {commit}")
    for path in commit.paths:
        before, after = repo.read(path, parent), repo.read(path, commit.sha)
        old, new = _count(before), _count(after)
        due = before.replace(b"  replicas: %d" % old, b"  replicas: %d" % new, 1)
        require(after == due, "digits", f"{path}: {after!r} instead of {due!r}")
        require(old != new, "once", f"an empty change of {path}: {commit}")
        name = path.removeprefix("apps/").removesuffix(".yaml")
        spec = json.loads(repo.read(f"policies/{name}.yaml", parent))["spec"]
        within = spec["minReplicas"] <= new <= spec["maxReplicas"]
        require(within, "bounds", f"{name} at {new}: {commit}")


def prove_never_forced(repo: StateRepo) -> None:
    """By the reflog that the bare repository keeps: each move is to a child of where it was."""
    moves = (repo.path / "logs/refs/heads/main").read_text("utf-8").splitlines()
    parents = {commit.sha: commit.parents for commit in repo.log()}
    known = [line.split(" ", 2)[:2] for line in moves]
    assert len(known) >= len(parents) - 1, "the repository keeps no reflog"
    for before, after in known:
        told = f"forced, or more than one commit: {before} {after}"
        require(parents.get(after) == (before,), "linear", told)
