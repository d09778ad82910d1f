"""A batch waits for quiet, but not for ever, and holds what is wanted last."""

from __future__ import annotations

from dataclasses import replace

from bridge.batch.batcher import Batcher, Debounce
from bridge.manifest.target import Target
from tests.decide.given import decision

API, WEB, JOB = (Target("Deployment", name) for name in ("api", "web", "job"))
UP, DOWN, VOID = (2, 4), (4, 2), (4, 4)


def batcher() -> Batcher:
    """10 s of quiet and 30 s at most; 2 s and 5 s with a scale-up."""
    return Batcher(Debounce(10, 30), Debounce(2, 5))


def test_nothing_is_due_while_nothing_waits() -> None:
    waiting = batcher()
    assert (waiting.due_at, waiting.waiting, waiting.take()) == (None, (), ())
    waiting.put(decision(*VOID), 100)
    assert (waiting.due_at, waiting.waiting) == (None, ())


def test_a_scale_down_waits_for_quiet() -> None:
    waiting = batcher()
    waiting.put(decision(*DOWN, WEB), 100)
    assert waiting.due_at == 110
    waiting.put(decision(*DOWN, API), 109)
    assert waiting.due_at == 119


def test_nothing_waits_longer_than_the_maximum() -> None:
    waiting = batcher()
    for second in range(100, 200, 9):
        waiting.put(decision(200, second, WEB), second)
    assert waiting.due_at == 130


def test_a_scale_up_hurries_the_whole_batch() -> None:
    waiting = batcher()
    waiting.put(decision(*DOWN, WEB), 100)
    waiting.put(decision(*UP, API), 104)
    assert waiting.due_at == 106
    for second in range(105, 115):
        waiting.put(decision(2, second, API), second)
    assert waiting.due_at == 109


def test_the_same_decision_again_is_no_news() -> None:
    waiting = batcher()
    waiting.put(decision(*DOWN, WEB), 100)
    waiting.put(decision(*DOWN, WEB, "said otherwise"), 105)
    assert waiting.due_at == 110
    assert waiting.waiting == (decision(*DOWN, WEB, "said otherwise"),)


def test_a_count_that_became_a_scale_up_hurries() -> None:
    waiting = batcher()
    waiting.put(decision(5, 4, WEB), 100)
    waiting.put(decision(3, 4, WEB), 105)  # a person lowered the count meanwhile
    assert waiting.due_at == 107


def test_the_last_decision_of_a_target_wins() -> None:
    waiting = batcher()
    waiting.put(decision(4, 2, WEB), 100)
    waiting.put(decision(4, 9, WEB), 101)
    assert waiting.take() == (decision(4, 9, WEB),)


def test_a_decision_that_became_void_vanishes() -> None:
    waiting = batcher()
    waiting.put(decision(*UP, WEB), 100)
    waiting.put(decision(*DOWN, API), 100)
    waiting.put(decision(*VOID, WEB), 101)
    assert waiting.waiting == (decision(*DOWN, API),)
    assert waiting.due_at == 110  # the hurry went with the scale-up
    waiting.put(decision(*VOID, API), 102)
    assert waiting.due_at is None


def test_a_batch_is_sorted_by_target_and_leaves_nothing_behind() -> None:
    waiting = batcher()
    for target in (WEB, JOB, API):
        waiting.put(decision(*UP, target), 100)
    assert [made.target for made in waiting.take()] == [API, JOB, WEB]
    assert (waiting.due_at, waiting.waiting) == (None, ())
    waiting.put(decision(*DOWN, WEB), 200)
    assert waiting.due_at == 210


def test_decisions_of_targets_that_nobody_governs_any_more_are_dropped() -> None:
    waiting = batcher()
    waiting.put(decision(*DOWN, WEB), 100)
    waiting.put(decision(*UP, API), 100)
    waiting.put(replace(decision(4, 4, Target("Deployment", "new")), adopts=True), 100)
    waiting.keep({WEB, JOB})
    assert (waiting.waiting, waiting.due_at) == ((decision(*DOWN, WEB),), 110)
    waiting.keep(())
    assert (waiting.waiting, waiting.due_at) == ((), None)
