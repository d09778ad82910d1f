"""One pass over many policies: what each asks, and every answer is a reading."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from bridge.errors import MetricsUnavailable
from bridge.evaluate.forecast import Outlook, questions, seconds_ahead
from bridge.evaluate.naming import Naming
from bridge.evaluate.questions import (
    MetricsSource,
    Questions,
    Window,
    settled,
    value_of,
    values_by_step,
)
from bridge.evaluate.reading import Moment, Past, Reading
from bridge.evaluate.ready import (
    common_kind,
    common_ready,
    desired_query,
    naming_of,
    own_ready_query,
    ready_naming,
    ready_query,
)
from bridge.manifest.target import Target
from bridge.policy.metric import Metric
from bridge.policy.model import ScalingPolicy

_POINTS_PER_QUESTION = 2_000
"""As many points of an answer cost as much as one more question: some 1.5 ms."""

_MANY = 50
"""Workloads whose ready replicas are asked for at once: an answer has all others', too."""


class Asking:
    """The questions of one pass, each asked once; `now` is the pass's moment.

    Most of a fleet's members find their answers there, and wait for nothing.
    """

    def __init__(
        self, source: MetricsSource, now: datetime, policies: Iterable[ScalingPolicy] = ()
    ) -> None:
        """Of the policies that will ask, many with one kind of target share its ready replicas."""
        kinds = Counter(filter(None, map(common_kind, policies)))
        self._shared = {kind for kind, times in kinds.items() if times >= _MANY}
        self.now = now
        self._questions = Questions(source, now)
        self._wanted: Counter[tuple[str, Window]] = Counter()

    async def moment(self, policy: ScalingPolicy, dead_time: float | None = None) -> Moment:
        """What the policy's metrics say now; forecasts look the measured dead time ahead."""
        metrics = policy.spec.metrics
        answers = [self._questions.instant(metric.query, naming_of(policy)) for metric in metrics]
        ready = self._ready(policy)
        aheads = [self._ahead(policy, metric, dead_time) for metric in metrics]
        await settled([*answers, *ready, *chain.from_iterable(asked for asked, _ in aheads)])
        readings = (
            outlook.seen(_reading(metric.name, answer, policy.target))
            for metric, answer, (_, outlook) in zip(metrics, answers, aheads, strict=True)
        )
        count = _count(ready, policy.target)
        return Moment(self.now, tuple(readings), *count)

    def _ready(self, policy: ScalingPolicy) -> list[asyncio.Task[Any]]:
        """One question or none."""
        kind = common_kind(policy)
        if kind in self._shared:
            return [self._questions.instant(*common_ready(kind))]
        query = ready_query(policy)
        return [] if query is None else [self._questions.instant(query, ready_naming(policy))]

    async def live(self, policy: ScalingPolicy) -> Reading:
        """How many replicas run: what the live object asks for, else how many are ready.

        None ready may be a failing workload, so it is no answer.
        """
        if query := desired_query(policy):
            desired = self._questions.instant(query, None)
            await settled([desired])
            reading = _reading("", desired, policy.target)
            if reading.value is not None:
                return reading
        ready = self._ready(policy)
        await settled(ready)
        count, why = _count(ready, policy.target)
        return Reading("", count or None, why if count is None else "none are ready")

    def _ahead(
        self,
        policy: ScalingPolicy,
        metric: Metric,
        dead_time: float | None,
        window: Window | None = None,
    ) -> tuple[list[asyncio.Task[Any]], Outlook]:
        """What a metric's forecast asks, and what it makes of the answers; now, or in a window."""
        naming, asked, answers = naming_of(policy), [], []
        seconds = seconds_ahead(metric, dead_time)
        for query, later in questions(metric, seconds, policy.spec.polling_interval):
            if window is None:
                task = self._questions.instant(query, naming, self.now + timedelta(seconds=later))
                answers.append(partial(_now, task, policy.target))
            else:
                moved = window.moved(later)
                task = self._questions.over(moved, query, naming)
                answers.append(partial(values_by_step, moved, task, policy.target))
            asked.append(task)
        return asked, Outlook(metric, seconds, answers)

    async def past(
        self, policy: ScalingPolicy, seconds: float, dead_time: float | None = None
    ) -> Past:
        """What the policy's metrics said over the last `seconds`, a step per interval."""
        step = max(1.0, policy.spec.polling_interval)
        start = (self.now - timedelta(seconds=seconds)).replace(microsecond=0)
        window = Window(start, self.now, step)
        metrics = policy.spec.metrics
        answers = [
            self._questions.over(window, metric.query, naming_of(policy)) for metric in metrics
        ]
        if ready := await self._ready_past(policy, window):
            answers.append(ready)
        aheads = [self._ahead(policy, metric, dead_time, window) for metric in metrics]
        await settled([*answers, *chain.from_iterable(asked for asked, _ in aheads)])
        try:
            histories = [values_by_step(window, answer, policy.target) for answer in answers]
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
        window = Window(start, end, step)
        answer = await self._own_ready(policy, window)
        if answer is None:
            return {}
        await settled([answer])
        return values_by_step(window, answer, policy.target)

    async def _ready_past(self, policy: ScalingPolicy, window: Window) -> asyncio.Task[Any] | None:
        """Of a fleet's member, that of all members."""
        if not policy.is_member:
            return await self._own_ready(policy, window)
        query = ready_query(policy)
        return self._questions.over(window, query, ready_naming(policy)) if query else None

    async def _own_ready(self, policy: ScalingPolicy, window: Window) -> asyncio.Task[Any] | None:
        """Of the target alone; of all of its kind once so many asked that it costs less."""
        query = own_ready_query(policy)
        if query is None:
            return None
        if (common := self._common(policy)) and await self._is_worth(common, window):
            return self._questions.over(window, *common)
        return self._questions.over(window, query, None)

    def _common(self, policy: ScalingPolicy) -> tuple[str, Naming] | None:
        """What is asked in this pass anyway for all members, or for all of a shared kind."""
        kind, query, naming = common_kind(policy), ready_query(policy), ready_naming(policy)
        if kind in self._shared:
            return common_ready(kind)
        return (query, naming) if query and naming else None

    async def _is_worth(self, common: tuple[str, Naming], window: Window) -> bool:
        """Whether the points of all are fewer than those who asked would cost one by one."""
        self._wanted[common[0], window] += 1
        now = self._questions.instant(*common)
        await settled([now])
        if now.exception():
            return False
        points = len(now.result()) * window.steps
        return self._wanted[common[0], window] * _POINTS_PER_QUESTION >= points

    def unclaimed(self, members: Sequence[ScalingPolicy]) -> int:
        """How many samples of a fleet's metrics name none of its members; after their moments."""
        answers = {
            self._questions.instant(metric.query, naming_of(members[0]))
            for metric in members[0].spec.metrics
        }
        targets = [member.target for member in members]
        known = (answer.result() for answer in answers if not answer.exception())
        return sum(named.unclaimed(targets) for named in known)


def _reading(metric: str, answer: asyncio.Task[Any], target: Target) -> Reading:
    try:
        return Reading(metric, value_of(answer, target))
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
    return {0: value_of(answer, target)}


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
