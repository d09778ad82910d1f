"""The repository of the tests, and its people."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import pytest

from tests.parts.git import environment, git
from tests.parts.state_repo import StateRepo

CHECKOUT = "apps/checkout.yaml"


def test_a_person_commits_onto_main(state_repo: StateRepo) -> None:
    when = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
    sha = state_repo.write({CHECKOUT: "a\n", "apps/search.yaml": None}, "Tidy\n\nWhy", when=when)
    newest, seed = state_repo.log()
    assert (newest.sha, newest.parents, newest.when) == (sha, (seed.sha,), when)
    assert (newest.subject, newest.body) == ("Tidy", "Why")
    assert newest.paths == (CHECKOUT, "apps/search.yaml")
    assert newest.author == newest.committer == "Robin Person <robin@example.org>"
    assert state_repo.tip() == sha
    assert state_repo.read(CHECKOUT) == b"a\n"
    state_repo.assert_linear()


def test_a_file_that_is_not_text_survives(state_repo: StateRepo) -> None:
    state_repo.write({"fünf äpfel.bin": b"\x00\xff\r\n"}, "Umlauts: ä")
    assert state_repo.read("fünf äpfel.bin") == b"\x00\xff\r\n"
    assert (state_repo.log()[0].subject, state_repo.log()[0].paths) == (
        "Umlauts: ä",
        ("fünf äpfel.bin",),
    )


def test_the_same_files_make_the_same_seed(tmp_path: Path) -> None:
    one, two = (StateRepo.create(tmp_path / name, {"a": "1\n"}) for name in ("one", "two"))
    assert one.tip() == two.tip()


def test_a_merge_is_not_linear(state_repo: StateRepo) -> None:
    main = state_repo.tip()
    side = state_repo.write({CHECKOUT: "side\n"}, "Side")
    tree = f"{side}^{{tree}}"
    env = environment({"user.name": "M", "user.email": "m@example.org"})
    merge = git(
        state_repo.path, "commit-tree", "-m", "Merge", "-p", main, "-p", side, tree, env=env
    )
    state_repo.git("update-ref", "refs/heads/main", merge.decode().strip())
    with pytest.raises(AssertionError):
        state_repo.assert_linear()


def test_writers_do_not_drop_each_others_commits(state_repo: StateRepo) -> None:
    def write(name: str) -> None:
        for number in range(5):
            state_repo.write({name: f"{number}\n"}, f"{name} {number}")

    with ThreadPoolExecutor() as threads:
        list(threads.map(write, ("one", "two", "three")))
    subjects = {commit.subject for commit in state_repo.log()}
    assert subjects == {"Seed"} | {f"{n} {i}" for n in ("one", "two", "three") for i in range(5)}
    state_repo.assert_linear()


def test_writing_is_quick(state_repo: StateRepo) -> None:
    started = perf_counter()
    for number in range(10):
        state_repo.write({CHECKOUT: f"{number}\n"}, "Again")
    assert perf_counter() - started < 2
