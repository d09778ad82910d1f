"""The loop closed: decisions become commits, commits become pods, pods change the metric. Pure.

The very `decide` and Batcher that run live, on a virtual clock; Git and the reconciler are a delay.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

from bridge.backtest.demand import Curve
from bridge.backtest.foresight import foreseen
from bridge.batch.batcher import Batcher, Debounce
from bridge.decide.dead_time import Rollout, Rollouts
from bridge.decide.decide import decide, window_to_know
from bridge.decide.decision import Decision
from bridge.decide.recall import Known, Scaled
from bridge.decide.rollout import Watch, rollout, watches
from bridge.evaluate.forecast import seconds_ahead
from bridge.evaluate.reading import Moment, Observation, Past, Reading
from bridge.policy.metric import Metric as Asked
from bridge.policy.model import ScalingPolicy

Metric = Callable[[float, int], float]
"""What a metric says of a demand (work per second) that so many ready replicas share."""

_EPOCH = datetime(2026, 3, 2, tzinfo=UTC)
_BEFORE_S = 3600
_ENOUGH = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """What stands around a policy: each metric by name, and how late everything comes."""

    metrics: Mapping[str, Metric]
    reconcile: float
    """Seconds from a commit until the cluster has its count."""
    start: float
    """Seconds that a pod takes to get ready."""
    debounce: Debounce
    scale_up: Debounce
    averaged: int = 1
    """Over how many seconds a metric is averaged, as by `rate(…[2m])`."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the run."""

    second: int
    before: int
    after: int
    reason: str


@dataclass(slots=True)
class Run:
    """What came of it, second by second, from 0 on."""

    demand: list[float] = field(default_factory=list)
    committed: list[int] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    @property
    def turns(self) -> int:
        """How often a commit went the other way than the one before it."""
        ways = [commit.after > commit.before for commit in self.commits]
        return sum(way != before for before, way in pairwise(ways))


def run(policy: ScalingPolicy, loop: Loop, curve: Curve, replicas: int) -> Run:
    """The whole curve, from `replicas` that have carried its first demand for an hour."""
    return _Running(policy, loop, curve, replicas).run()


class _Running:
    """A run on its way; the clock's second 0 is _EPOCH."""

    def __init__(self, policy: ScalingPolicy, loop: Loop, curve: Curve, replicas: int) -> None:
        self._policy = policy
        self._loop = loop
        self._curve = curve
        self._committed = replicas
        self._pods = [0.0] * replicas
        self._coming: list[tuple[float, int]] = []
        self._batcher = Batcher(loop.debounce, loop.scale_up)
        self._changes: list[Scaled] = []
        self._rollouts: dict[Watch, Rollout] = {}
        self._found = Run()
        self._expected: dict[tuple[datetime, float | None], Moment] = {}
        interval = round(policy.spec.polling_interval)
        before = range(-_BEFORE_S, 0, interval)
        self._moments = [self._moment(second, curve.at(0), replicas) for second in before]

    def run(self) -> Run:
        """Every second the cluster goes on and a due batch is committed; decisions on the tick."""
        interval = round(self._policy.spec.polling_interval)
        for second in range(self._curve.seconds):
            ready = self._advance(second)
            found = self._found
            found.demand.append(self._curve.at(second))
            found.ready.append(ready)
            if second % interval == 0:
                now = self._moment(second, found.demand[-1], ready)
                self._decide(now, second)
                self._moments.append(now)
            due = self._batcher.due_at
            if due is not None and due <= second:
                self._commit(second)
            found.committed.append(self._committed)
        return self._found

    def _advance(self, second: int) -> int:
        """The pods that are ready; the newest go first."""
        while self._coming and self._coming[0][0] <= second:
            _, count = self._coming.pop(0)
            del self._pods[count:]
            self._pods += [second + self._loop.start] * (count - len(self._pods))
        return sum(ready_at <= second for ready_at in self._pods)

    def _moment(self, second: int, demand: float, ready: int) -> Moment:
        readings = (
            Reading(name, self._averaged(says, second, demand, ready))
            for name, says in self._loop.metrics.items()
        )
        return Moment(_at(second), tuple(readings), ready)

    def _averaged(self, says: Metric, second: int, demand: float, ready: int) -> float:
        """What a metric says at a second, of what was before it and this."""
        begin, end = max(0, second - self._loop.averaged + 1), max(0, second)
        demands = [*self._found.demand[begin:end], demand]
        counts = [*self._found.ready[begin:end], ready]
        return sum(map(says, demands, counts)) / len(demands)

    def _decide(self, now: Moment, second: int) -> None:
        rollouts = self._measured(now.at)
        now = self._foreseen(now, rollouts.dead_time)
        window = window_to_know(self._policy, now, self._committed, rollouts.dead_time)
        since = now.at - timedelta(seconds=window)
        first = bisect_left(self._moments, since, key=lambda moment: moment.at)
        moments = (self._foreseen(one, rollouts.dead_time) for one in self._moments[first:])
        past = Past(tuple(moments), since=since) if window else Past()
        known = Known(self._committed, tuple(self._changes), None, rollouts)
        decision = decide(self._policy, Observation(now, past), known)
        self._found.decisions.append(decision)
        self._batcher.put(decision, second)

    def _foreseen(self, moment: Moment, dead_time: float | None) -> Moment:
        """With what was expected then, as far ahead as is known now."""
        if not any(metric.forecast for metric in self._policy.spec.metrics):
            return moment
        key = moment.at, dead_time
        if key not in self._expected:
            readings = zip(self._policy.spec.metrics, moment.readings, strict=True)
            aheads = (self._ahead(metric, said, moment.at, dead_time) for metric, said in readings)
            self._expected[key] = replace(moment, readings=tuple(aheads))
        return self._expected[key]

    def _ahead(
        self, metric: Asked, reading: Reading, at: datetime, dead_time: float | None
    ) -> Reading:
        said = partial(self._said, self._loop.metrics[metric.name])
        seconds = seconds_ahead(metric, dead_time)
        return replace(reading, ahead=foreseen(metric, said, _second(at), seconds))

    def _said(self, says: Metric, second: float) -> float:
        """What the metric said then; before the beginning, with enough replicas for all."""
        if second < 0:
            return says(self._curve.at(second), _ENOUGH)
        at, found = int(second), self._found
        return self._averaged(says, at, found.demand[at], found.ready[at])

    def _measured(self, now: datetime) -> Rollouts:
        """As Prometheus would have it: the ready replicas at each step of each watch."""
        found = []
        for watch in watches(self._changes, now, self._policy.spec.in_flight_timeout):
            known = self._rollouts.get(watch) or rollout(watch, self._steps(watch))
            if known.settled or watch.end < now:
                self._rollouts[watch] = known
            found.append(known)
        return Rollouts(tuple(found))

    def _steps(self, watch: Watch) -> dict[int, float]:
        start, end = _second(watch.change.at), _second(watch.end)
        steps = range(int((end - start) / watch.step) + 1)
        return {n: self._found.ready[round(start + n * watch.step)] for n in steps}

    def _commit(self, second: int) -> None:
        for decision in self._batcher.take():
            before, after = decision.current, decision.desired
            self._changes.insert(0, Scaled(_at(second), after - before, after, ours=True))
            self._coming.append((second + self._loop.reconcile, after))
            self._found.commits.append(Commit(second, before, after, decision.reason))
            self._committed = after


def _at(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)


def _second(at: datetime) -> int:
    return int((at - _EPOCH).total_seconds())
