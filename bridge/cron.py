"""Cron schedules of five fields, in a time zone: what they mean in KEDA.

Source: github.com/robfig/cron v3, parser.go and spec.go. Python's cron libraries differ where
it matters: in `*/n` beside a weekday, and in what they do when clocks change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_WEEKDAYS = "sun mon tue wed thu fri sat"
_NUMBER = re.compile(r"\+?[0-9]{1,18}")
_YEARS = 5


class CronInvalid(ValueError):
    """Not five fields of minutes, hours, days, months and weekdays."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        if text.lower() in self.names:
            return self.least + self.names.index(text.lower())
        return self.plain(text)

    def plain(self, text: str) -> int:
        if not _NUMBER.fullmatch(text):
            raise CronInvalid(f"{self.name}: {text!r} is not a number or name")
        return int(text)


_FIELDS = (
    _Bounds("minute", 0, 59),
    _Bounds("hour", 0, 23),
    _Bounds("day of month", 1, 31),
    _Bounds("month", 1, 12, tuple(_MONTHS.split())),
    _Bounds("day of week", 0, 6, tuple(_WEEKDAYS.split())),
)


@dataclass(frozen=True, slots=True)
class _Field:
    values: frozenset[int]
    star: bool

    def __contains__(self, value: int) -> bool:
        return value in self.values


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule: the local minutes at which it is due."""

    minutes: _Field
    hours: _Field
    days: _Field
    months: _Field
    weekdays: _Field

    def due_on(self, day: date) -> bool:
        """Either day field suffices, unless one of them is a star: then both must match."""
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.days.star or self.weekdays.star:
            return by_date and by_weekday
        return by_date or by_weekday

    def next(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """The first due moment strictly after `now`; None if there is none within five years."""
        for day in self._days(now.astimezone(zone).date()):
            later = (moment for moment in self._moments(day, zone) if moment > now)
            due = min(later, default=None) if _clocks_change(day, zone) else next(later, None)
            if due is not None:
                return due
        return None

    def _days(self, first: date) -> Iterator[date]:
        day = first
        while day.year <= first.year + _YEARS:
            if day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
                continue
            if self.due_on(day):
                yield day
            day += timedelta(days=1)

    def _moments(self, day: date, zone: ZoneInfo) -> Iterator[datetime]:
        """Due moments of a day: a skipped local time has none, one that occurs twice has two."""
        folds = (0, 1) if _clocks_change(day, zone) else (0,)
        for hour in sorted(self.hours.values):
            for minute in sorted(self.minutes.values):
                for fold in folds:
                    local = datetime.combine(day, time(hour, minute, fold=fold), zone)
                    moment = local.astimezone(UTC)
                    back = moment.astimezone(zone)
                    if (back.date(), back.time()) == (day, local.time()) and back.fold == fold:
                        yield moment


def _clocks_change(day: date, zone: ZoneInfo) -> bool:
    """Whether the day has more or fewer than 24 hours, or may have."""
    midnight = datetime.combine(day, time(), zone)
    return midnight.utcoffset() != (midnight + timedelta(days=1)).utcoffset()


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises:
        ValueError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"{name!r} is not a time zone such as Europe/Berlin") from error


@lru_cache(maxsize=1024)
def parse_cron(text: str) -> Cron:
    """The schedule that the five fields say.

    Raises:
        CronInvalid: they don't.
    """
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise CronInvalid(f"expected five fields, got {len(fields)}: {text!r}")
    return Cron(*(_field(given, bounds) for given, bounds in zip(fields, _FIELDS, strict=True)))


def _field(text: str, bounds: _Bounds) -> _Field:
    ranges = [_range(part, bounds) for part in text.split(",") if part]
    values = frozenset(value for found in ranges for value in found.values)
    return _Field(values, any(found.star for found in ranges))


def _range(text: str, bounds: _Bounds) -> _Field:
    span, *steps = text.split("/")
    if len(steps) > 1:
        raise CronInvalid(f"{bounds.name}: more than one slash in {text!r}")
    step = bounds.plain(steps[0]) if steps else 1
    first, last, star = _span(span, bounds, stepped=bool(steps))
    if not bounds.least <= first <= last <= bounds.most:
        expected = f"expected {bounds.least} to {bounds.most}"
        raise CronInvalid(f"{bounds.name}: {text!r} is out of range, {expected}")
    if step == 0:
        raise CronInvalid(f"{bounds.name}: the step of {text!r} is 0")
    return _Field(frozenset(range(first, last + 1, step)), star and step == 1)


def _span(text: str, bounds: _Bounds, *, stepped: bool) -> tuple[int, int, bool]:
    low, *high = text.split("-")
    if low in ("*", "?"):
        return bounds.least, bounds.most, True
    if len(high) > 1:
        raise CronInvalid(f"{bounds.name}: more than one hyphen in {text!r}")
    first = bounds.number(low)
    if high:
        return first, bounds.number(high[0]), False
    return first, bounds.most if stepped else first, False
