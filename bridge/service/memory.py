"""What decisions remember: what the log tells of their targets, and which alerts fire."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.decide.alerts import LONGEST_FIRING
from bridge.decide.override import Override
from bridge.decide.recall import Scaled
from bridge.errors import MetricsUnavailable
from bridge.evaluate.alerts import Alerts, AlertSource
from bridge.manifest.target import Target
from bridge.repo.snapshot import Commit
from bridge.repo.state_repo import StateRepo
from bridge.service.counts import CountLog
from bridge.service.people import overrides, pauses
from bridge.service.view import View


@dataclass(frozen=True, slots=True)
class Memory:
    """What the log says of the targets of a view, older than `since` forgotten; what alerts say."""

    view: View
    history: Sequence[Commit]
    changes: Mapping[Target, Sequence[Scaled]]
    overrides: Mapping[Target, Override]
    pauses: Mapping[str, Override]
    now: datetime
    since: datetime
    alerts: Alerts

    def changes_of(self, target: Target) -> tuple[Scaled, ...]:
        """How the target's count changed, newest first."""
        return tuple(one for one in self.changes.get(target, ()) if one.at >= self.since)

    def override_of(self, target: Target, count: int | None) -> Override | None:
        """What a person ordered for it last; a pause, at its count of now, comes first."""
        pause = self.pauses.get(str(target)) if self.pauses else None
        if pause and count is not None and pause.is_on(self.now):
            return replace(pause, count=count)
        order = self.overrides.get(target)
        return order if order and order.at >= self.since else None


class Recollection:
    """Reads the log of a view and asks for the alerts."""

    def __init__(self, repo: StateRepo, alerts: AlertSource | None = None) -> None:
        self._repo = repo
        self._alerts = alerts
        self._counts = CountLog(repo)
        self._last: Memory | None = None

    @property
    def history(self) -> Sequence[Commit]:
        """The log as it was read last, newest first."""
        return self._last.history if self._last else ()

    async def of(self, view: View, now: datetime) -> Memory:
        """The log, as far back as any policy's rules look, and any alert that fires."""
        return await self.reaching(view, now, await self._level(view, now))

    async def reaching(self, view: View, now: datetime, alerts: Alerts) -> Memory:
        """The log, back to the beginning of these alerts at least; waits for nobody but Git.

        Worked out once while it is the same.
        """
        begins = (max(alert.since, now - LONGEST_FIRING) for alert in alerts.found)
        since = min([now - timedelta(seconds=view.memory_s), *begins]).replace(microsecond=0)
        history = await self._repo.history(view.snapshot, since, now)
        known = self._last
        if known is None or known.view is not view or known.history[: len(history)] != history:
            self._last = known = await self._recall(view, history, now)
        return replace(known, now=now, since=since, alerts=alerts)

    async def _recall(self, view: View, history: Sequence[Commit], now: datetime) -> Memory:
        tracks = await self._counts.tracks(view.managed, history)
        changes = {
            track.item.target: [moved.as_change() for moved in track.moves] for track in tracks
        }
        orders = await asyncio.to_thread(overrides, tracks, history)
        return Memory(view, history, changes, orders, pauses(history), now, now, Alerts())

    async def _level(self, view: View, now: datetime) -> Alerts:
        """The alerts that fire now; none where no policy asks for a minimum by them."""
        rules = view.minimum_rules
        if not rules:
            return Alerts()
        if self._alerts is None:
            return Alerts(error="nobody to ask for them")
        try:
            return Alerts(await self._alerts.firing(rules, now))
        except MetricsUnavailable as error:
            return Alerts(error=str(error))
