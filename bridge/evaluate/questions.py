"""The questions of one pass: equal ones are asked once, and answered to all who ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bridge.errors import MetricsUnavailable
from bridge.evaluate.naming import Named, Naming, spans
from bridge.manifest.target import Target

_SERIES_IF_UNKNOWN = 5_000


class MetricsSource(Protocol):
    """Answers a query with finite numbers, or raises MetricsUnavailable."""

    async def instant(self, query: str, at: datetime) -> float: ...

    async def vector(self, query: str, naming: Naming, at: datetime) -> Named: ...

    async def series(
        self, query: str, start: datetime, end: datetime, step: float
    ) -> dict[float, float]: ...

    async def matrix(
        self, query: str, naming: Naming, parts: Iterable[tuple[datetime, datetime]], step: float
    ) -> Named: ...


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, in steps of seconds."""

    start: datetime
    end: datetime
    step: float

    @property
    def steps(self) -> int:
        """How many there are."""
        return int((self.end - self.start).total_seconds() / self.step) + 1

    def moved(self, later: float) -> Window:
        """The same, so many seconds later."""
        by = timedelta(seconds=later)
        return Window(self.start + by, self.end + by, self.step)

    def by_step(self, values: Mapping[float, float]) -> dict[int, float]:
        """Values by the number of their step; an answer may go on beyond the last one."""
        begin, steps = self.start.timestamp(), self.steps
        numbered = ((round((at - begin) / self.step), value) for at, value in values.items())
        return {step: value for step, value in numbered if step < steps}


class Questions:
    """Each becomes one task, that many may wait for."""

    def __init__(self, source: MetricsSource, now: datetime) -> None:
        self._source = source
        self._now = now
        self._asked: dict[tuple[object, ...], asyncio.Task[Any]] = {}

    def instant(
        self, query: str, naming: Naming | None, at: datetime | None = None
    ) -> asyncio.Task[Any]:
        """A number, or by name one for each series: now, or `at` another moment."""
        at = at or self._now
        key = ("now", query, naming, at)
        if naming is None:
            return self._once(key, lambda: self._source.instant(query, at))
        return self._once(key, lambda: self._source.vector(query, naming, at))

    def over(self, window: Window, query: str, naming: Naming | None) -> asyncio.Task[Any]:
        """The same, by Unix time, for each step of a window."""
        key = ("over", query, naming, window)
        if naming is None:
            edges = window.start, window.end, window.step
            return self._once(key, lambda: self._source.series(query, *edges))
        return self._once(key, lambda: self._matrix(window, query, naming))

    async def _matrix(self, window: Window, query: str, naming: Naming) -> Named:
        """As many series are expected as there are samples now."""
        samples = self.instant(query, naming)
        await settled([samples])
        series = _SERIES_IF_UNKNOWN if samples.exception() else len(samples.result())
        parts = spans(window.start, window.end, window.step, series)
        return await self._source.matrix(query, naming, parts, window.step)

    def _once(
        self, key: tuple[object, ...], ask: Callable[[], Coroutine[Any, Any, Any]]
    ) -> asyncio.Task[Any]:
        if key not in self._asked:
            self._asked[key] = task = asyncio.ensure_future(ask())
            task.add_done_callback(_heard)
        return self._asked[key]


async def settled(answers: Collection[asyncio.Task[Any]]) -> None:
    """Waits for all of them; whoever stops waiting leaves them to the others."""
    if waiting := [answer for answer in answers if not answer.done()]:
        await asyncio.wait(waiting)


def _heard(answer: asyncio.Task[Any]) -> None:
    """An error that nobody waits for any more is no news."""
    if not answer.cancelled():
        answer.exception()


def _result(answer: asyncio.Task[Any]) -> Any:
    """Its own error for each who reads it: one for all would hold their frames, and those the task.

    Such a ring would stay, with all answers of the pass, until the collector's next full one.
    """
    error = answer.exception()
    if isinstance(error, MetricsUnavailable):
        raise MetricsUnavailable(str(error), error.kind)
    return answer.result()


def value_of(answer: asyncio.Task[Any], target: Target) -> float:
    """A target's number in an answer that has settled; raises MetricsUnavailable."""
    found: float | Named = _result(answer)
    return found.value(target) if isinstance(found, Named) else found


def _history(answer: asyncio.Task[Any], target: Target) -> Mapping[float, float]:
    found: Mapping[float, float] | Named = _result(answer)
    return found.history(target) if isinstance(found, Named) else found


def values_by_step(window: Window, answer: asyncio.Task[Any], target: Target) -> dict[int, float]:
    """A target's numbers by the number of the window's step; raises MetricsUnavailable."""
    return window.by_step(_history(answer, target))
