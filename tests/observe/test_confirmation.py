"""A verdict on each commit from each source, and what is stuck."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.observe.confirmation import Awaited, Confirmations, Verdict, verdict
from bridge.publish.push import Push
from bridge.trigger.report import Report, State

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
OURS, NEWER, OLDER = "a" * 40, "b" * 40, "c" * 40
HAVE_IT = {OURS, NEWER}


def after(seconds: float) -> datetime:
    """So long after the commit."""
    return NOON + timedelta(seconds=seconds)


def report(state: State, revision: str = OURS, subject: str = "one", **more: Any) -> Report:
    """A report of a source."""
    return Report(source="s", subject=subject, state=state, revision=revision, **more)


@pytest.mark.parametrize(
    ("reports", "needed", "expected"),
    [
        pytest.param([report("live")], {"one"}, Verdict("live"), id="ours is live"),
        pytest.param(
            [report("live", NEWER, at=after(9))],
            {"one"},
            Verdict("live", at=after(9)),
            id="a newer one has it",
        ),
        pytest.param(
            [report("live", OLDER)],
            {"one"},
            Verdict("underway", f"one: live at {OLDER[:12]}"),
            id="an older one is live",
        ),
        pytest.param(
            [report("live", at=after(3)), report("live", subject="two", at=after(5))],
            {"one", "two"},
            Verdict("live", at=after(5)),
            id="all, since the last",
        ),
        pytest.param(
            [report("live"), report("underway", subject="two", text="Progressing", until=after(9))],
            {"one", "two"},
            Verdict("underway", "two: Progressing", until=after(9)),
            id="one of two",
        ),
        pytest.param(
            [report("live")], {"one", "two"}, Verdict("underway", "two: no word"), id="silent"
        ),
        pytest.param([report("live")], None, Verdict("live"), id="any is enough"),
        pytest.param(
            [report("live"), report("failed", subject="two", text="no")],
            None,
            Verdict("failed", "two: no"),
            id="any but a failure",
        ),
        pytest.param([], None, Verdict("underway", "no word of it"), id="nobody spoke"),
        pytest.param(
            [report("failed", OLDER, text="no")],
            {"one"},
            Verdict("underway", "one: no"),
            id="an older one failed",
        ),
        pytest.param(
            [report("failed"), report("live", NEWER)], {"one"}, Verdict("live"), id="went on"
        ),
        pytest.param(
            [report("applied", text="configured", at=after(2))],
            {"one"},
            Verdict("applied", "one: configured", at=after(2)),
            id="applied",
        ),
        pytest.param(
            [report("live"), report("failed", subject="other")],
            {"one"},
            Verdict("live"),
            id="others are not asked",
        ),
    ],
)
def test_a_verdict_is_of_all_subjects(
    reports: list[Report], needed: set[str] | None, expected: Verdict
) -> None:
    assert verdict(reports, HAVE_IT, needed=needed) == expected


def awaited(commit: str = OURS, at: float = 0) -> Awaited:
    """A commit, so many seconds after noon."""
    return Awaited(Push(OLDER, commit, "scale: web 1→2", (), ()), after(at))


LIVE, WAITS = Verdict("live", at=after(40)), Verdict("underway", "Progressing")


@pytest.mark.parametrize(
    ("words", "started", "took"),
    [
        pytest.param([LIVE], 0, 40, id="by the source's clock"),
        pytest.param([WAITS, Verdict("live")], 0, 60, id="as we saw it"),
        pytest.param([Verdict("live")], 0, None, id="found so"),
        pytest.param([LIVE], 50, None, id="another process saw it"),
        pytest.param([LIVE, LIVE], 0, None, id="once"),
        pytest.param([WAITS], 0, None, id="not live"),
    ],
)
def test_it_is_measured_once_by_who_saw_it(
    words: list[Verdict], started: float, took: float | None
) -> None:
    one = awaited()
    told = [one.note("s", word, after(60), after(started)) for word in words]
    assert told[-1] == took


def newly(given: Confirmations, at: float) -> list[tuple[str, str]]:
    """What is news of the source, at a timeout of a minute."""
    return list(given.newly(["s"], after(at), 60))


def test_what_is_not_live_in_time_is_stuck_and_told_once() -> None:
    given = Confirmations()
    given.keep([awaited(NEWER, 30), awaited()])
    newer, older = given.awaited
    assert newly(given, 1000) == []  # of a source that says nothing
    for one in (newer, older):
        one.note("s", WAITS, after(31), NOON)
    assert newly(given, 60) == []
    assert newly(given, 61) == [("s", f"{OURS[:12]}: not live after 60 s: Progressing")]
    assert newly(given, 62) == []
    older.note("s", Verdict("live"), after(70), NOON)
    assert newly(given, 80) == [("s", "")]
    newer.note("s", Verdict("failed", "no such field"), after(81), NOON)
    assert newly(given, 81) == [("s", f"{NEWER[:12]}: no such field")]
    newer.note("s", Verdict("applied", "configured"), after(90), NOON)
    assert newly(given, 999) == [("s", "")]
    assert given.facts()["stuck"] == {}


def test_a_wait_that_is_expected_is_not_stuck() -> None:
    one = awaited()
    one.note("s", Verdict("underway", "window", until=after(600)), after(1), NOON)
    assert one.problem("s", after(660), 60) == ""
    assert one.problem("s", after(661), 60) == "not live after 60 s: window"
    assert one.facts()["sources"]["s"]["expected"] == "2026-03-04T12:10:00+00:00"


def test_what_was_said_outlives_a_look_at_the_log() -> None:
    given = Confirmations()
    given.keep([awaited()])
    given.awaited[0].note("s", LIVE, after(60), NOON)
    given.keep([awaited(NEWER, 30), awaited()])
    assert [one.push.after for one in given.unsettled("s")] == [NEWER]
    assert given.facts()["commits"][1]["sources"]["s"] == {
        "state": "live",
        "text": None,
        "seconds": 40.0,
        "expected": None,
    }
