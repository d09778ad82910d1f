"""What must be true of the remote's branch, by plain git and arithmetic: ours is not asked."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise

from tests.faults.episodes import APPS, Loads, wanted
from tests.parts.state_repo import PERSON, Commit, StateRepo

_COUNT = re.compile(rb"^  replicas: (\d+)", re.MULTILINE)


def counts(repo: StateRepo, rev: str = "main") -> dict[str, int]:
    """What Git says runs."""
    return {app: _count(repo.read(f"apps/{app}.yaml", rev)) for app in APPS}


def _count(text: bytes) -> int:
    (found,) = _COUNT.findall(text)
    return int(found)


def prove(repo: StateRepo, since: str, loads: Sequence[Loads]) -> list[Commit]:
    """The commits since then are just those that the loads ask for; ours, oldest first."""
    newer = repo.log(f"{since}..main")[::-1]
    ours = [commit for commit in newer if commit.author != PERSON]
    for commit in newer:
        assert len(commit.parents) == 1, f"not linear: {commit}"
    for commit in ours:
        _prove_digits(repo, commit)
    paths = [counts(repo, since), *(counts(repo, commit.sha) for commit in ours)]
    for app in APPS:
        path = [one[app] for one in paths]
        path = [path[0], *(after for before, after in pairwise(path) if before != after)]
        asked = [path[0], *(wanted(one[app]) for one in loads)]
        assert path in _ways(asked), f"{app} went {path}, and was asked for {asked}"
    return ours


def _ways(asked: Sequence[int]) -> list[list[int]]:
    """Each is committed once; those that were overtaken may be left out."""
    first, *between, last = asked
    ways = [[first, last], [first, *between, last]]
    return [[way[0], *(b for a, b in pairwise(way) if a != b)] for way in ways]


def _prove_digits(repo: StateRepo, commit: Commit) -> None:
    """Not empty, nothing but counts, none outside its policy's limits."""
    (parent,) = commit.parents
    assert commit.paths, f"an empty commit: {commit}"
    for path in commit.paths:
        before, after = repo.read(path, parent), repo.read(path, commit.sha)
        old, new = _count(before), _count(after)
        assert after == before.replace(b"  replicas: %d" % old, b"  replicas: %d" % new, 1)
        assert old != new, f"an empty change of {path}: {commit}"
        name = path.removeprefix("apps/").removesuffix(".yaml")
        spec = json.loads(repo.read(f"policies/{name}.yaml", parent))["spec"]
        assert spec["minReplicas"] <= new <= spec["maxReplicas"], f"out of bounds: {commit}"


def prove_never_forced(repo: StateRepo) -> None:
    """By the reflog that the bare repository keeps: each move is to a child of where it was."""
    moves = (repo.path / "logs/refs/heads/main").read_text("utf-8").splitlines()
    parents = {commit.sha: commit.parents for commit in repo.log()}
    known = [line.split(" ", 2)[:2] for line in moves]
    assert len(known) >= len(parents) - 1
    for before, after in known:
        assert parents[after] == (before,), f"forced, or more than one commit: {before} {after}"
