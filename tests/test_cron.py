"""Cron schedules, against a scan of every minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cron import CronInvalid, parse_cron, zone_of

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "now", "due"),
    [
        pytest.param("0 8 * * *", "2024-05-15T06:00", "2024-05-16T06:00", id="strictly after"),
        pytest.param("0 8 * * *", "2024-01-15T06:30", "2024-01-15T07:00", id="winter time"),
        pytest.param("30 2 * * *", "2024-03-30T12:00", "2024-04-01T00:30", id="skipped hour"),
        pytest.param("30 2 * * *", "2024-10-27T00:00", "2024-10-27T00:30", id="first of two"),
        pytest.param("30 2 * * *", "2024-10-27T00:30", "2024-10-27T01:30", id="second of two"),
        pytest.param("0 0 29 2 *", "2024-03-01T00:00", "2028-02-28T23:00", id="leap day"),
        pytest.param("0 0 13 * FRI", "2024-05-13T00:00", "2024-05-16T22:00", id="either day"),
        pytest.param("0 0 */7 * MON", "2024-05-14T00:00", "2024-05-14T22:00", id="*/7 is no star"),
        pytest.param("0 0 */1 * MON", "2024-05-14T00:00", "2024-05-19T22:00", id="*/1 is a star"),
        pytest.param("0 0 ? * MON", "2024-05-14T00:00", "2024-05-19T22:00", id="? is a star"),
        pytest.param("50/5 * * * *", "2024-05-14T00:51", "2024-05-14T00:55", id="a/n to the end"),
        pytest.param("0,,30 * * jan-Mar,5 0", "2024-05-14T00:51", "2024-05-18T22:00", id="names"),
    ],
)
def test_next(cron: str, now: str, due: str) -> None:
    assert parse_cron(cron).next(at(now), BERLIN) == at(due)


@pytest.mark.parametrize("cron", ["0 0 30 2 *", ", * * * *"])
def test_never_within_five_years(cron: str) -> None:
    assert parse_cron(cron).next(at("2024-05-14T00:00"), BERLIN) is None


def test_five_years_end_with_the_fifth() -> None:
    never = parse_cron("0 0 29 2 *").next(at("2096-03-01T00:00"), ZoneInfo("Etc/UTC"))
    assert never is None


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 7",
        "-5 * * * *",
        "5-3 * * * *",
        "1-2-3 * * * *",
        "*/0 * * * *",
        "*/2/2 * * * *",
        "*/x * * * *",
        "a * * * *",
        "1.5 * * * *",
        "* * * * sat-sun",
        "@daily",
        "1_0 * * * *",
        f"*/{10**30} * * * *",
    ],
)
def test_refused(cron: str) -> None:
    with pytest.raises(CronInvalid):
        parse_cron(cron)


@pytest.mark.parametrize("name", ["", "Europe", "Mars/Olympus", "../etc/passwd", "/etc/passwd"])
def test_no_zone(name: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        zone_of(name)


def _part(least: int, most: int) -> st.SearchStrategy[str]:
    numbers = st.integers(least, most)
    spans = st.tuples(numbers, numbers).map(lambda pair: "{}-{}".format(*sorted(pair)))
    steps = st.tuples(numbers, st.integers(1, 20)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    stars = st.integers(1, 12).map(lambda step: f"*/{step}")
    one = numbers.map(str) | spans | steps | stars
    return st.just("*") | one | st.tuples(one, one).map(",".join)


@st.composite
def crons(draw: st.DrawFn) -> str:
    bounds = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
    return " ".join(draw(_part(*pair)) for pair in bounds)


CHANGES = (
    ("Europe/Berlin", "2024-03-30"),
    ("Europe/Berlin", "2024-10-26"),
    ("America/New_York", "2024-11-02"),
    ("America/Sao_Paulo", "2018-11-03"),
    ("America/Sao_Paulo", "2018-02-17"),
    ("Africa/Cairo", "2024-04-25"),
    ("Australia/Lord_Howe", "2024-04-06"),
    ("Pacific/Apia", "2011-12-29"),
    ("Asia/Kolkata", "2024-06-11"),
)


@settings(deadline=None, max_examples=100)
@given(crons(), st.sampled_from(CHANGES), st.integers(0, 86_400))
def test_next_is_the_first_due_minute_of_a_scan(
    cron: str, change: tuple[str, str], seconds: int
) -> None:
    schedule, zone = parse_cron(cron), ZoneInfo(change[0])
    now = at(change[1]) + timedelta(seconds=seconds)
    found = schedule.next(now, zone)

    minute = now.replace(second=0) + timedelta(minutes=1)
    for _ in range(2 * 1440):
        local = minute.astimezone(zone)
        if (
            local.minute in schedule.minutes
            and local.hour in schedule.hours
            and local.month in schedule.months
            and schedule.due_on(local.date())
        ):
            assert found == minute
            return
        minute += timedelta(minutes=1)
    assert found is None or found >= minute
