"""One pass over many policies: equal queries are asked once, and every answer is a reading."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any, Protocol

from bridge.errors import MetricsUnavailable
from bridge.evaluate.forecast import Outlook, questions, seconds_ahead
from bridge.evaluate.naming import Named, Naming, spans
from bridge.evaluate.reading import Moment, Past, Reading
from bridge.evaluate.ready import (
    desired_query,
    naming_of,
    own_ready_query,
    ready_naming,
    ready_query,
)
from bridge.manifest.target import Target
from bridge.policy.metric import Metric
from bridge.policy.model import ScalingPolicy

_SERIES_IF_UNKNOWN = 5_000
_POINTS_PER_QUESTION = 2_000
"""As many points of an answer cost as much as one more question: some 1.5 ms."""


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


class Asking:
    """The questions of one pass, each asked once; `now` is the pass's moment.

    Most of a fleet's members find their answers there, and wait for nothing.
    """

    def __init__(self, source: MetricsSource, now: datetime) -> None:
        self._source = source
        self.now = now
        self._asked: dict[tuple[object, ...], asyncio.Task[Any]] = {}
        self._wanted: Counter[tuple[str, _Window]] = Counter()

    async def moment(self, policy: ScalingPolicy, dead_time: float | None = None) -> Moment:
        """What the policy's metrics say now; forecasts look the measured dead time ahead."""
        metrics = policy.spec.metrics
        answers = [self._now_of(metric.query, naming_of(policy)) for metric in metrics]
        ready = self._ready(policy)
        aheads = [self._ahead(policy, metric, dead_time) for metric in metrics]
        await _settled([*answers, *ready, *chain.from_iterable(asked for asked, _ in aheads)])
        readings = (
            outlook.seen(_reading(metric.name, answer, policy.target))
            for metric, answer, (_, outlook) in zip(metrics, answers, aheads, strict=True)
        )
        count = _count(ready, policy.target)
        return Moment(self.now, tuple(readings), *count)

    def _ready(self, policy: ScalingPolicy) -> list[asyncio.Task[Any]]:
        """One question or none."""
        query = ready_query(policy)
        return [] if query is None else [self._now_of(query, ready_naming(policy))]

    async def live(self, policy: ScalingPolicy) -> Reading:
        """How many replicas run: what the live object asks for, else how many are ready.

        None ready may be a failing workload, so it is no answer.
        """
        if query := desired_query(policy):
            desired = self._now_of(query, None)
            await _settled([desired])
            reading = _reading("", desired, policy.target)
            if reading.value is not None:
                return reading
        ready = self._ready(policy)
        await _settled(ready)
        count, why = _count(ready, policy.target)
        return Reading("", count or None, why if count is None else "none are ready")

    def _ahead(
        self,
        policy: ScalingPolicy,
        metric: Metric,
        dead_time: float | None,
        window: _Window | None = None,
    ) -> tuple[list[asyncio.Task[Any]], Outlook]:
        """What a metric's forecast asks, and what it makes of the answers; now, or in a window."""
        naming, asked, answers = naming_of(policy), [], []
        seconds = seconds_ahead(metric, dead_time)
        for query, later in questions(metric, seconds, policy.spec.polling_interval):
            if window is None:
                task = self._now_of(query, naming, self.now + timedelta(seconds=later))
                answers.append(partial(_now, task, policy.target))
            else:
                moved = window.moved(later)
                task = self._over(moved, query, naming)
                answers.append(partial(_steps, moved, task, policy.target))
            asked.append(task)
        return asked, Outlook(metric, seconds, answers)

    async def past(
        self, policy: ScalingPolicy, seconds: float, dead_time: float | None = None
    ) -> Past:
        """What the policy's metrics said over the last `seconds`, a step per interval."""
        step = max(1.0, policy.spec.polling_interval)
        start = (self.now - timedelta(seconds=seconds)).replace(microsecond=0)
        window = _Window(start, self.now, step)
        metrics = policy.spec.metrics
        answers = [self._over(window, metric.query, naming_of(policy)) for metric in metrics]
        ready = ready_query(policy)
        if ready:
            answers.append(self._over(window, ready, ready_naming(policy)))
        aheads = [self._ahead(policy, metric, dead_time, window) for metric in metrics]
        await _settled([*answers, *chain.from_iterable(asked for asked, _ in aheads)])
        try:
            histories = [_steps(window, answer, policy.target) for answer in answers]
        except MetricsUnavailable as error:
            return Past(error=str(error))
        counts = histories.pop() if ready else {}
        told = zip(metrics, histories, aheads, strict=True)
        named = {metric.name: seen.readings(history) for metric, history, (_, seen) in told}
        steps = range(window.steps)
        moments = (_moment(start + n * timedelta(seconds=step), n, named, counts) for n in steps)
        return Past(tuple(moments), since=start)

    async def ready_replicas(
        self, policy: ScalingPolicy, start: datetime, end: datetime, step: float
    ) -> dict[int, float]:
        """The ready replicas by the number of the step since `start`; none where nobody tells.

        Raises:
            MetricsUnavailable: the question failed.
        """
        query = own_ready_query(policy)
        if query is None:
            return {}
        window = _Window(start, end, step)
        answer = self._of_many(policy, window) or self._over(window, query, None)
        await _settled([answer])
        return _steps(window, answer, policy.target)

    def _of_many(self, policy: ScalingPolicy, window: _Window) -> asyncio.Task[Any] | None:
        """One answer for all members, once so many asked about a window that it costs less."""
        query = ready_query(policy)
        if query is None or not policy.is_member:
            return None
        self._wanted[query, window] += 1
        now = self._now_of(query, ready_naming(policy))
        if not now.done() or now.exception():
            return None
        if self._wanted[query, window] * _POINTS_PER_QUESTION < len(now.result()) * window.steps:
            return None
        return self._over(window, query, ready_naming(policy))

    def unclaimed(self, members: Sequence[ScalingPolicy]) -> int:
        """How many samples of a fleet's metrics name none of its members; after their moments."""
        answers = {
            self._now_of(metric.query, naming_of(members[0])) for metric in members[0].spec.metrics
        }
        targets = [member.target for member in members]
        known = (answer.result() for answer in answers if not answer.exception())
        return sum(named.unclaimed(targets) for named in known)

    def _now_of(
        self, query: str, naming: Naming | None, at: datetime | None = None
    ) -> asyncio.Task[Any]:
        """Now, or `at` another moment."""
        at = at or self.now
        key = ("now", query, naming, at)
        if naming is None:
            return self._once(key, lambda: self._source.instant(query, at))
        return self._once(key, lambda: self._source.vector(query, naming, at))

    def _over(self, window: _Window, query: str, naming: Naming | None) -> asyncio.Task[Any]:
        key = ("over", query, naming, window)
        if naming is None:
            edges = window.start, window.end, window.step
            return self._once(key, lambda: self._source.series(query, *edges))
        return self._once(key, lambda: self._matrix(window, query, naming))

    async def _matrix(self, window: _Window, query: str, naming: Naming) -> Named:
        """As many series are expected as there are samples now."""
        samples = self._now_of(query, naming)
        await _settled([samples])
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


@dataclass(frozen=True, slots=True)
class _Window:
    """From when to when, in steps of seconds."""

    start: datetime
    end: datetime
    step: float

    @property
    def steps(self) -> int:
        """How many there are."""
        return int((self.end - self.start).total_seconds() / self.step) + 1

    def moved(self, later: float) -> _Window:
        """The same, so many seconds later."""
        by = timedelta(seconds=later)
        return _Window(self.start + by, self.end + by, self.step)

    def by_step(self, values: Mapping[float, float]) -> dict[int, float]:
        """Values by the number of their step."""
        begin = self.start.timestamp()
        return {round((at - begin) / self.step): value for at, value in values.items()}


async def _settled(answers: Collection[asyncio.Task[Any]]) -> None:
    """Waits for all of them; whoever stops waiting leaves them to the others."""
    if waiting := [answer for answer in answers if not answer.done()]:
        await asyncio.wait(waiting)


def _heard(answer: asyncio.Task[Any]) -> None:
    """An error that nobody waits for any more is no news."""
    if not answer.cancelled():
        answer.exception()


def _value(answer: asyncio.Task[Any], target: Target) -> float:
    found: float | Named = answer.result()
    return found.value(target) if isinstance(found, Named) else found


def _history(answer: asyncio.Task[Any], target: Target) -> Mapping[float, float]:
    found: Mapping[float, float] | Named = answer.result()
    return found.history(target) if isinstance(found, Named) else found


def _reading(metric: str, answer: asyncio.Task[Any], target: Target) -> Reading:
    try:
        return Reading(metric, _value(answer, target))
    except MetricsUnavailable as error:
        return Reading(metric, None, str(error))


def _count(ready: Sequence[asyncio.Task[Any]], target: Target) -> tuple[int | None, str]:
    """The ready replicas, or why they are unknown."""
    if not ready:
        default = f"no default query for ready {target.kind} replicas"
        return None, default if target.kind else "no readyReplicasQuery"
    reading = _reading("", ready[0], target)
    return None if reading.value is None else round(reading.value), reading.error


def _now(answer: asyncio.Task[Any], target: Target) -> dict[int, float]:
    return {0: _value(answer, target)}


def _steps(window: _Window, answer: asyncio.Task[Any], target: Target) -> dict[int, float]:
    return window.by_step(_history(answer, target))


def _moment(
    at: datetime,
    step: int,
    histories: Mapping[str, Mapping[int, Reading]],
    counts: Mapping[int, float],
) -> Moment:
    """What is known of one step, and what is not."""
    readings = (
        history.get(step) or Reading(name, None, "no data") for name, history in histories.items()
    )
    return Moment(at, tuple(readings), round(counts[step]) if step in counts else None)
