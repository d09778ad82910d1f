"""The alerts that fire, from the `ALERTS` series that Prometheus (or a ruler) writes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from itertools import chain

from bridge.evaluate.alerts import (
    STEP_S,
    Firing,
    Meant,
    Spans,
    alerts_of,
    all_labels,
    firing_query,
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
    """One question about the alerts a round, and one about each name's hour while it fires.

    By the labels of the rules where these are few: one name may be thousands of services'. Back
    to where none fired, but not beyond a week. Not by ALERTS_FOR_STATE: it begins anew when
    Prometheus is restarted, and so would every `+50%`.
    """

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus
        self._ended: dict[tuple[str, int], Spans] = {}

    async def firing(self, rules: Collection[AlertRule], at: datetime) -> tuple[Firing, ...]:
        """The alerts that these rules mean, and earlier ones of their names.

        Raises:
            MetricsUnavailable: see there.
        """
        everyone = await self._prometheus.items(firing_query(rules), at, all_labels)
        ours = list(filter(Meant(rules), everyone))
        names = sorted({labels.get("alertname", "") for labels in ours})
        queries = [firing_query(rules, name) for name in names]
        self._ended = {key: spans for key, spans in self._ended.items() if key[0] in queries}
        pasts = await asyncio.gather(*(self._past(query, at) for query in queries))
        found = (
            alerts_of([one for one in ours if one.get("alertname", "") == name], past, at)
            for name, past in zip(names, pasts, strict=True)
        )
        return tuple(chain.from_iterable(found))

    async def _past(self, query: str, at: datetime) -> Spans:
        """Hour by hour backwards, until no alert of the hour before can have led over to it."""
        last = int(at.timestamp()) // STEP_S
        windows: list[Spans] = []
        for hour in range(last // _STEPS, last // _STEPS - _MOST_WINDOWS, -1):
            windows.append(await self._window(query, hour, last))
            begins = (spans[0][0] for spans in windows[-1].values() if spans)
            if min(begins, default=last + 1) - 1 > hour * _STEPS:
                break
        return await asyncio.to_thread(joined_spans, windows)

    async def _window(self, query: str, hour: int, last: int) -> Spans:
        key, end = (query, hour), (hour + 1) * _STEPS - 1
        if key in self._ended:
            return self._ended[key]
        window = step_time(hour * _STEPS), step_time(min(end, last))
        found = await self._prometheus.items_over(query, window, STEP_S, spans_of)
        if end < last - _LATE_STEPS:
            self._ended[key] = found = self._sharing(found, query, hour)
        return found

    def _sharing(self, found: Spans, query: str, hour: int) -> Spans:
        """With the labels that the hours beside it hold already: of a week, they are most of it."""
        beside = (self._ended.get((query, hour + step), {}) for step in (1, -1))
        known = {labels: labels for spans in beside for labels in spans}
        return {known.get(labels, labels): spans for labels, spans in found.items()}
