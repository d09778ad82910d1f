"""What a target was of late: bounded, and coarser the longer it is known."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from bridge.observe.chart import chart, sparkline
from bridge.observe.samples import Sample, Samples

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def after(seconds: float, live: int | None = 3, load: float | None = 1.5) -> Sample:
    return Sample(NOON + timedelta(seconds=seconds), live, 4, 5, load)


def test_what_is_given_comes_back() -> None:
    kept = Samples()
    given = [after(0), after(15, None, None), after(30, 7)]
    for one in given:
        kept.add(one)
    assert kept.all() == given


def test_the_newest_of_a_short_time_stays() -> None:
    kept = Samples()
    for second in range(12):
        kept.add(after(second, live=second))
    assert [one.live for one in kept.all()] == [0, 4, 8, 11]


def test_a_day_of_seconds_stays_bounded_and_ends_now() -> None:
    kept = Samples()
    for second in range(0, 24 * 3600, 2):
        kept.add(after(second, live=second // 3600))
    found = kept.all()
    assert 60 <= len(found) <= 120
    assert found[-1].at == NOON + timedelta(seconds=24 * 3600 - 2)
    gaps = [(b.at - a.at).total_seconds() for a, b in itertools.pairwise(found)]
    assert max(gaps) <= 90
    assert timedelta(hours=1) <= found[-1].at - found[0].at <= timedelta(hours=3)


def test_gaps_are_left_open_in_the_chart() -> None:
    some = [after(0), after(60), after(120, None), after(180), after(240)]
    live = chart(some, "load").split('class="live" d="')[1].partition('"')[0]
    assert live.count("M") == 2
    assert 'aria-label="The last 4 minutes: committed from 4 to 4; now live 3, desired 5' in chart(
        some, "load"
    )


def test_one_moment_makes_no_chart() -> None:
    assert (sparkline([after(0)]), chart([after(0)], "load")) == ("", "")
    assert sparkline([after(0, None), after(9, None)]).startswith("<svg")
