"""The log is read once, page by page, and tells the same as one that is read anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.repo.log import REMEMBERED, dated, without_copies
from bridge.repo.merges import with_brought
from bridge.repo.mirror import Mirror
from bridge.repo.snapshot import Commit
from bridge.repo.trailers import ScaleDecision
from bridge.repo.walk import Walk
from tests.parts.state_repo import StateRepo
from tests.repo.ways import CHECKOUT

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def commit(sha: str, age: float, *parents: str, **facts: object) -> Commit:
    """Made that many minutes before noon."""
    at = NOON - timedelta(minutes=age)
    plain = Commit(
        sha=sha, at=at, authored=at, author="R", decisions=(), changes=(), parents=parents
    )
    return replace(plain, **facts)  # type: ignore[arg-type]  # whatever a test is about


def up(to: int, from_: int = 3, target: str = "web") -> ScaleDecision:
    return ScaleDecision(target=target, from_=from_, to=to, policy="p", reason="load")


def chain(ages: list[int]) -> list[Commit]:
    """One on the other, the newest first; ages are minutes."""
    shas = [f"c{place}" for place in range(len(ages), 0, -1)]
    return [
        commit(sha, age, *parents)
        for sha, age, *parents in zip(shas[:-1], ages[:-1], shas[1:], strict=True)
    ] + [commit(shas[-1], ages[-1])]


class Pages:
    """A log in pages, and what was asked of it."""

    def __init__(self, log: list[Commit]) -> None:
        self.log = log
        self.asked: list[tuple[str, int]] = []

    def __call__(self, start: str, count: int) -> list[Commit]:
        self.asked.append((start, count))
        place = [one.sha for one in self.log].index(start)
        return self.log[place : place + count]


AGES = st.lists(st.integers(0, 500), min_size=1, max_size=400)


@given(AGES, st.lists(st.tuples(st.integers(0, 399), st.integers(0, 500)), min_size=1, max_size=4))
def test_reading_on_tells_the_same_as_reading_anew(
    ages: list[int], looks: list[tuple[int, int]]
) -> None:
    log = chain(sorted(ages))
    pages = Pages(log)
    walk = Walk(pages)
    for place, minutes in sorted(looks, reverse=True):
        tip = log[min(place, len(log) - 1)].sha
        since = NOON - timedelta(minutes=minutes)
        found = walk.since(tip, since)
        assert found == Walk(pages).since(tip, since)
        assert [one.sha for one in found] == [
            one.sha for one in log[min(place, len(log) - 1) :] if one.at >= since
        ]


def test_only_what_is_new_is_asked_for() -> None:
    pages = Pages(chain(list(range(1000))))
    walk = Walk(pages)
    since = NOON - timedelta(minutes=700)
    assert len(walk.since(pages.log[30].sha, since)) == 671
    pages.asked.clear()
    assert len(walk.since(pages.log[0].sha, since)) == 701
    assert pages.asked == [(pages.log[0].sha, 100)]
    assert len(walk.since(pages.log[0].sha, since)) == 701
    assert pages.asked == [(pages.log[0].sha, 100)]


def test_a_slow_clock_hides_nothing() -> None:
    walk = Walk(Pages(chain([*range(60), 99_999, *range(60, 120)])))
    found = walk.since("c121", NOON - timedelta(minutes=100))
    assert len(found) == 102
    assert found == sorted(found, key=lambda one: one.at, reverse=True)


def test_a_clock_ahead_makes_nothing_new() -> None:
    pages = Pages(chain([5, 30, -99_999, 40, 90]))
    found = Walk(pages).since("c5", NOON - timedelta(minutes=100), NOON)
    assert [one.at for one in found] == [NOON - timedelta(minutes=m) for m in (5, 30, 30, 40, 90)]
    found = Walk(pages).since("c3", NOON - timedelta(minutes=60), NOON)
    assert [(one.sha, one.at) for one in found] == [
        ("c3", NOON),
        ("c2", NOON - timedelta(minutes=40)),
    ]
    alone = Walk(pages).since("c3", NOON - timedelta(minutes=1), NOON)
    assert [(one.sha, one.at) for one in alone] == [("c3", NOON)], "it was made just now"


@given(st.lists(st.sampled_from([0, 10, 9999, -9999]), min_size=1, max_size=900), st.data())
def test_who_knows_a_part_is_told_the_same(ages: list[int], data: st.DataObject) -> None:
    pages = Pages(chain(ages))
    walk = Walk(pages)
    for _ in range(3):
        tip = data.draw(st.sampled_from(pages.log)).sha
        since = NOON - timedelta(minutes=data.draw(st.sampled_from([5, 50, 99_999])))
        assert walk.since(tip, since, NOON) == Walk(pages).since(tip, since, NOON)


def test_a_branch_that_was_rewritten_is_read_anew() -> None:
    pages = Pages(chain(list(range(300))))
    walk = Walk(pages)
    since = NOON - timedelta(minutes=50)
    assert len(walk.since("c300", since)) == 51
    pages.log = [replace(one, sha=f"x{one.sha}") for one in chain(list(range(10)))]
    pages.log = [replace(one, parents=tuple(f"x{p}" for p in one.parents)) for one in pages.log]
    assert [one.sha for one in walk.since("xc10", since)] == [one.sha for one in pages.log]
    walk.forget()
    pages.asked.clear()
    assert len(walk.since("xc10", since)) == 10
    assert pages.asked


def test_no_commit_is_older_than_its_parent() -> None:
    slow = [commit("c", 1), commit("b", 90), commit("a", 5)]
    assert [one.at for one in dated(slow)] == [NOON - timedelta(minutes=age) for age in (1, 5, 5)]


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        pytest.param({"authored": NOON - timedelta(minutes=9)}, (), id="picked"),
        pytest.param({}, (up(7),), id="decided again"),
        pytest.param({"authored": NOON - REMEMBERED - timedelta(minutes=2)}, (), id="too old"),
        pytest.param({"authored": NOON - REMEMBERED}, (up(7),), id="merged after a while"),
    ],
)
def test_a_decision_counts_once(later: dict[str, object], kept: tuple[ScaleDecision, ...]) -> None:
    log = [commit("b", 1, "a", decisions=(up(7),), **later), commit("a", 9, decisions=(up(7),))]
    newer, older = without_copies(log)
    assert older.decisions == (up(7),)
    assert newer.decisions == kept


@pytest.mark.parametrize(("by", "kept"), [("bridge", (up(7),)), ("Robin", ())])
def test_what_is_undone_and_decided_again_within_a_second_is_no_copy(
    by: str, kept: tuple[ScaleDecision, ...]
) -> None:
    ours = commit("a", 1, author="bridge", decisions=(up(7),))
    undone, again = commit("b", 1, "a"), replace(ours, sha="c", parents=("b",), author=by)
    newest, _, oldest = without_copies([again, undone, ours])
    assert (newest.decisions, oldest.decisions) == (kept, (up(7),))


def test_a_merge_tells_what_it_brings_and_no_other_does() -> None:
    old = [commit("a", 9)]
    main = [commit("m2", 1, "m1", "s3"), commit("m1", 4, "a", "s1"), *old]
    side = [
        commit("s3", 2, "s2", decisions=(up(9, 7), up(2, 1, "db"))),
        commit("s2", 3, "s1", decisions=(up(7, 5),)),
        commit("s1", 5, "a", decisions=(up(5),)),
    ]
    beside = [main[0], *side[:2], main[1], side[2], *old]
    newest, middle, oldest = with_brought(main, beside)
    assert newest.decisions == (up(9, 5), up(2, 1, "db"))
    assert middle.decisions == (up(5),)
    assert oldest.decisions == ()


def test_no_name_and_no_subject_moves_a_cursor(mirror: Mirror, state_repo: StateRepo) -> None:
    state_repo.write({CHECKOUT: "1\n"}, "Sly\x1b[2J", author="R\x1b[1A <r@example.org>")
    [newest] = mirror.page(mirror.look().tip, 1)
    assert (newest.author, newest.subject) == ("R�[1A", "Sly�[2J")


def test_a_page_begins_anywhere(mirror: Mirror, state_repo: StateRepo) -> None:
    shas = [state_repo.write({CHECKOUT: f"{number}\n"}, f"No {number}") for number in range(5)]
    mirror.look()
    page = mirror.page(shas[3], 2)
    assert [(one.sha, one.subject) for one in page] == [(shas[3], "No 3"), (shas[2], "No 2")]
    assert page[-1].parents == (shas[1],)
