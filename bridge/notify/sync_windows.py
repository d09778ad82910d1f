"""Argo CD's sync windows: whether they keep a commit waiting, and until when.

Source: argo-cd pkg/apis/application/v1alpha1 types.go, SyncWindows.CanSync.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from bridge.cron import CronInvalid, parse_cron, zone_of

_PART = re.compile(r"(\d+(?:\.\d+)?)(h|m|s)")
_UNIT_S = {"h": 3600.0, "m": 60.0, "s": 1.0}
_BACK = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
"""The last beginning is looked for nearby first: one a minute, for a year, are half a million."""


class Window(BaseModel):
    """When a project's syncs are allowed or denied; the API tells no time zone, UTC is taken."""

    kind: str = ""
    schedule: str = ""
    duration: str = ""

    def begins(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Next time."""
        return parse_cron(self.schedule).next(now, zone)

    def ends(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When the one that is open now closes: the last that began in it counts."""
        length = timedelta(
            seconds=sum(float(n) * _UNIT_S[u] for n, u in _PART.findall(self.duration))
        )
        found = (self._last(now - min(back, length), now, zone) for back in (*_BACK, length))
        last = next(filter(None, found), None)
        return last + length if last else None

    def _last(self, begun: datetime, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When it last began between the two."""
        cron, last = parse_cron(self.schedule), None
        while (begin := cron.next(last or begun, zone)) and begin <= now:
            last = begin
        return last


class SyncWindows(BaseModel):
    """Those of an application."""

    active: list[Window] | None = Field(None, alias="activeWindows")
    assigned: list[Window] | None = Field(None, alias="assignedWindows")

    def closed_until(self, now: datetime) -> datetime | None:
        """When a sync may start again by itself; None where it may now, or nobody can tell."""
        try:
            return self._closed_until(now, zone_of("UTC"))
        except (CronInvalid, OverflowError):  # a length of ages
            return None

    def _closed_until(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        denied = [one.ends(now, zone) for one in _of_kind(self.active, "deny")]
        if denied:
            return max(filter(None, denied), default=None)
        allowed = list(_of_kind(self.assigned, "allow"))
        if not allowed or any(_of_kind(self.active, "allow")):
            return None
        return min(filter(None, (one.begins(now, zone) for one in allowed)), default=None)


def _of_kind(windows: Iterable[Window] | None, kind: str) -> Iterator[Window]:
    return (one for one in windows or () if one.kind == kind)
