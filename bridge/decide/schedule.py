"""Windows of time: from a start to an end, each given as a cron schedule.

Source: kedacore/keda pkg/scalers/cron_scaler.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from bridge.cron import Cron, parse_cron, zone_of
from bridge.policy.keda import Schedule

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")


def in_window(start: Cron, end: Cron, zone: ZoneInfo, now: datetime) -> bool:
    """Whether the end comes next; a start that never comes is past, an end that never comes too."""
    begins, ends = start.next(now, zone), end.next(now, zone)
    if begins is None:
        return True
    return ends is not None and not begins < ends


def raised_minimum(schedules: Iterable[Schedule], now: datetime) -> Schedule | None:
    """The open window with the highest minimum; None where none is open."""
    opened = [schedule for schedule in schedules if is_open(schedule, now)]
    return max(opened, key=lambda schedule: schedule.min_replicas, default=None)


def is_open(schedule: Schedule, now: datetime) -> bool:
    """Whether a schedule's window of time is open; windows open and close at whole minutes."""
    minute = now.replace(second=0, microsecond=0)
    return _is_open_in(schedule.start, schedule.end, schedule.timezone, minute)


@lru_cache(maxsize=4096)
def _is_open_in(start: str, end: str, timezone: str, minute: datetime) -> bool:
    """Worked out once: a rest looks at each moment of its cooldown period."""
    return in_window(parse_cron(start), parse_cron(end), zone_of(timezone), minute)
