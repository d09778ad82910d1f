"""The branch as it was at a moment, by the dates of its commits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bridge.errors import RemoteRefused
from bridge.repo.state_repo import StateRepo as Tip
from tests.parts.state_repo import SEEDED, StateRepo
from tests.repo.ways import by_file

PATH = "notes.txt"


def after(minutes: float) -> datetime:
    """So long after the seed."""
    return SEEDED + timedelta(minutes=minutes)


@pytest.fixture
async def tip(state_repo: StateRepo, tmp_path: Path) -> AsyncIterator[Tip]:
    """A mirror of it."""
    async with Tip(by_file(state_repo, tmp_path / "mirror")) as repo:
        yield repo


async def held(tip: Tip, moment: datetime) -> str:
    """The commit that the branch had then."""
    return (await tip.as_of(await tip.look(), moment)).tip


async def test_the_newest_commit_until_then_is_it(state_repo: StateRepo, tip: Tip) -> None:
    root = state_repo.tip()
    first = state_repo.write({PATH: "1"}, "One", when=after(10))
    second = state_repo.write({PATH: "2"}, "Two", when=after(20))
    moments = {0: root, 9.9: root, 10: first, 19.9: first, 20: second, 9999: second}
    for minutes, commit in moments.items():
        assert await held(tip, after(minutes)) == commit, minutes
    assert "apps/checkout.yaml" in (await tip.as_of(await tip.look(), after(10))).files
    assert (await tip.look()).tip == second


async def test_before_the_first_commit_there_was_none(state_repo: StateRepo, tip: Tip) -> None:
    state_repo.write({PATH: "1"}, "One", when=after(10))
    with pytest.raises(RemoteRefused, match="main has no commit as old as 2025-12-31T23:59:00"):
        await tip.as_of(await tip.look(), after(-1))


async def test_no_commit_counts_as_older_than_its_parent(state_repo: StateRepo, tip: Tip) -> None:
    """Its clock was behind; it can't have been there before what it was made on."""
    first = state_repo.write({PATH: "1"}, "One", when=after(20))
    late = state_repo.write({PATH: "2"}, "Two", when=after(5))
    root = state_repo.log()[-1].sha
    assert await held(tip, after(10)) == root
    assert await held(tip, after(20)) == late
    assert first in {commit.sha for commit in state_repo.log()}


async def test_a_branch_that_was_merged_counts_from_its_merge(
    state_repo: StateRepo, tip: Tip
) -> None:
    root = state_repo.tip()
    state_repo.git("update-ref", "refs/heads/topic", root)
    first = state_repo.write({PATH: "1"}, "One", when=after(30))
    tree = state_repo.git("rev-parse", f"{first}^{{tree}}").decode().strip()
    at = f"{int(after(5).timestamp())} +0000"
    stamp = "Robin <r@example.org> " + at
    topic = _object(state_repo, f"tree {tree}\nparent {root}\n", stamp)
    merge = _object(state_repo, f"tree {tree}\nparent {first}\nparent {topic}\n", stamp)
    state_repo.git("update-ref", "refs/heads/main", merge)
    assert await held(tip, after(10)) == root
    assert await held(tip, after(30)) == merge


def _object(repo: StateRepo, head: str, stamp: str) -> str:
    text = f"{head}author {stamp}\ncommitter {stamp}\n\nMerge\n".encode()
    return repo.git("hash-object", "-t", "commit", "-w", "--stdin", given=text).decode().strip()


async def test_more_of_the_log_is_fetched_where_the_mirror_is_too_short(
    state_repo: StateRepo, tip: Tip
) -> None:
    commits = [
        state_repo.write({PATH: f"{n}"}, f"Commit {n}", when=after(n)) for n in range(1, 106)
    ]
    assert await held(tip, after(3)) == commits[2]
