"""One pass over many policies: equal queries are asked once, and every answer is a reading."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from bridge.errors import MetricsUnavailable
from bridge.evaluate.reading import Moment, Past, Reading
from bridge.evaluate.ready import ready_query
from bridge.policy.model import ScalingPolicy

_Answer = TypeVar("_Answer")


class MetricsSource(Protocol):
    """Answers a query with finite numbers, or raises MetricsUnavailable."""

    async def instant(self, query: str, at: datetime) -> float: ...

    async def series(
        self, query: str, start: datetime, end: datetime, step: float
    ) -> dict[float, float]: ...


class Asking:
    """The questions of one pass, each asked once; `now` is the pass's moment."""

    def __init__(self, source: MetricsSource, now: datetime) -> None:
        self._source = source
        self._now = now
        self._asked: dict[tuple[object, ...], asyncio.Task[Any]] = {}

    async def moment(self, policy: ScalingPolicy) -> Moment:
        """What the policy's metrics say now."""
        metrics = policy.spec.metrics
        readings = await asyncio.gather(*(self._reading(m.name, m.query) for m in metrics))
        ready = await self._ready(policy)
        count = None if ready.value is None else round(ready.value)
        return Moment(self._now, tuple(readings), count, ready.error)

    async def _reading(self, metric: str, query: str) -> Reading:
        try:
            return Reading(metric, await self._instant(query))
        except MetricsUnavailable as error:
            return Reading(metric, None, str(error))

    async def _ready(self, policy: ScalingPolicy) -> Reading:
        query = ready_query(policy)
        if query is None:
            return Reading("", None, f"no default query for ready {policy.target.kind} replicas")
        return await self._reading("", query)

    async def past(self, policy: ScalingPolicy, window: float) -> Past:
        """What the policy's metrics said over the last `window` seconds, a step per interval."""
        step = max(1.0, policy.spec.polling_interval)
        start = (self._now - timedelta(seconds=window)).replace(microsecond=0)
        metrics = policy.spec.metrics
        ready = ready_query(policy)
        try:
            histories = await asyncio.gather(
                *(self._series(metric.query, start, step) for metric in metrics)
            )
            counts = await self._series(ready, start, step) if ready else {}
        except MetricsUnavailable as error:
            return Past(error=str(error))
        named = {metric.name: history for metric, history in zip(metrics, histories, strict=True)}
        steps = range(int((self._now - start).total_seconds() / step) + 1)
        moments = (_moment(start + n * timedelta(seconds=step), n, named, counts) for n in steps)
        return Past(tuple(moments), since=start)

    async def _instant(self, query: str) -> float:
        return await self._once(("instant", query), self._source.instant(query, self._now))

    async def _series(self, query: str, start: datetime, step: float) -> dict[int, float]:
        """The values by the number of their step."""
        key = ("series", query, start, step)
        found = await self._once(key, self._source.series(query, start, self._now, step))
        return {round((at - start.timestamp()) / step): value for at, value in found.items()}

    async def _once(
        self, key: tuple[object, ...], question: Coroutine[Any, Any, _Answer]
    ) -> _Answer:
        if key in self._asked:
            question.close()
        else:
            self._asked[key] = asyncio.ensure_future(question)
        answer: asyncio.Task[_Answer] = self._asked[key]
        return await asyncio.shield(answer)


def _moment(
    at: datetime, step: int, histories: dict[str, dict[int, float]], counts: dict[int, float]
) -> Moment:
    """What is known of one step, and what is not."""
    readings = (
        Reading(name, history.get(step), "" if step in history else "no data")
        for name, history in histories.items()
    )
    return Moment(at, tuple(readings), round(counts[step]) if step in counts else None)
