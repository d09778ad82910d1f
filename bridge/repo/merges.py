"""What a merge brings to the branch: a pull request of ours, or ours by way of a person's clone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bridge.repo.snapshot import Commit
from bridge.repo.trailers import ScaleDecision


def with_brought(log: Sequence[Commit], beside: Sequence[Commit]) -> list[Commit]:
    """The first-parent log; its merges tell what scalebridge decided in the commits they bring.

    `beside` holds the commits of the same stretch whatever their parents, children first.
    """
    known = {commit.sha: commit for commit in beside}
    order = {commit.sha: place for place, commit in enumerate(beside)}
    taken = {commit.sha for commit in log}
    found: list[Commit] = []
    for commit in reversed(log):
        brought = set(_reached(commit.parents[1:], known, taken))
        taken |= brought
        newest_first = sorted(brought, key=order.__getitem__)
        decisions = [made for sha in reversed(newest_first) for made in known[sha].decisions]
        releases = [made for sha in newest_first for made in known[sha].releases]
        pauses = [made for sha in newest_first for made in known[sha].pauses]
        found.append(
            replace(
                commit,
                decisions=commit.decisions or tuple(_summed(decisions)),
                releases=(*commit.releases, *releases),
                pauses=(*commit.pauses, *pauses),
            )
        )
    return found[::-1]


def _reached(parents: Sequence[str], known: Mapping[str, Commit], taken: set[str]) -> Iterator[str]:
    waiting, seen = list(parents), set(taken)
    while waiting:
        sha = waiting.pop()
        if sha in known and sha not in seen:
            seen.add(sha)
            yield sha
            waiting += known[sha].parents


def _summed(decisions: Sequence[ScaleDecision]) -> Iterator[ScaleDecision]:
    """Each target's first count to its last one; the decisions are given oldest first."""
    newest = {made.target: made for made in decisions}
    first = {made.target: made for made in reversed(decisions)}
    for target, made in newest.items():
        yield replace(made, from_=first[target].from_)
