"""The alerts that fire, from the `ALERTS` series that Prometheus (or a ruler) writes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from itertools import chain

from bridge.evaluate.alerts import (
    FIRING_QUERY,
    STEP_S,
    Firing,
    Meant,
    Spans,
    alerts_of,
    all_labels,
    history_query,
    joined_spans,
    spans_of,
    step_time,
)
from bridge.evaluate.prometheus import Prometheus
from bridge.policy.alert import AlertRule

_STEPS = 3600 // STEP_S
_MOST_WINDOWS = 7 * 24 + 1
_LATE_STEPS = 300 // STEP_S
"""Samples may come this late; what is older stays as it is."""


class PrometheusAlerts:
    """One question about all alerts a round, and one about each name's hour while it fires.

    Back to where none of that name fired, but not beyond a week. Not by ALERTS_FOR_STATE: it
    begins anew when Prometheus is restarted, and so would every `+50%`.
    """

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus
        self._ended: dict[tuple[str, int], Spans] = {}

    async def firing(self, rules: Collection[AlertRule], at: datetime) -> tuple[Firing, ...]:
        """The alerts that these rules mean, and earlier ones of their names.

        Raises:
            MetricsUnavailable: see there.
        """
        everyone = await self._prometheus.items(FIRING_QUERY, at, all_labels)
        ours = list(filter(Meant(rules), everyone))
        names = sorted({labels.get("alertname", "") for labels in ours})
        self._ended = {key: spans for key, spans in self._ended.items() if key[0] in names}
        pasts = await asyncio.gather(*(self._past(name, at) for name in names))
        found = (
            alerts_of([one for one in ours if one.get("alertname", "") == name], past, at)
            for name, past in zip(names, pasts, strict=True)
        )
        return tuple(chain.from_iterable(found))

    async def _past(self, name: str, at: datetime) -> Spans:
        """Hour by hour backwards, until no alert of the hour before can have led over to it."""
        last = int(at.timestamp()) // STEP_S
        windows: list[Spans] = []
        for hour in range(last // _STEPS, last // _STEPS - _MOST_WINDOWS, -1):
            windows.append(await self._window(name, hour, last))
            begins = (spans[0][0] for spans in windows[-1].values() if spans)
            if min(begins, default=last + 1) - 1 > hour * _STEPS:
                break
        return await asyncio.to_thread(joined_spans, windows)

    async def _window(self, name: str, hour: int, last: int) -> Spans:
        key, end = (name, hour), (hour + 1) * _STEPS - 1
        if key in self._ended:
            return self._ended[key]
        window = step_time(hour * _STEPS), step_time(min(end, last))
        found = await self._prometheus.items_over(history_query(name), window, STEP_S, spans_of)
        if end < last - _LATE_STEPS:
            self._ended[key] = found = self._sharing(found, name, hour)
        return found

    def _sharing(self, found: Spans, name: str, hour: int) -> Spans:
        """With the labels that the hours beside it hold already: of a week, they are most of it."""
        beside = (self._ended.get((name, hour + step), {}) for step in (1, -1))
        known = {labels: labels for spans in beside for labels in spans}
        return {known.get(labels, labels): spans for labels, spans in found.items()}
