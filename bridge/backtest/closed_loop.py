"""The loop closed: decisions become commits, commits become pods, pods change the metric. Pure.

The very `decide`, Batcher and Budget that run live. The clock jumps from event to event, which are
whole seconds: a tick, a due batch, a count applied, pods ready. Git and the reconciler are a delay.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from bridge.backtest.alert_history import AlertHistory
from bridge.backtest.cluster import Cluster
from bridge.backtest.live_hpa import LiveHpa
from bridge.backtest.load import Amount, Load, Piece, pieces
from bridge.backtest.meter import Meter
from bridge.backtest.pilot import Pilot, ThroughGit, interval_of
from bridge.batch.batcher import Batcher, Debounce
from bridge.batch.budget import Budget
from bridge.decide.decision import Decision
from bridge.evaluate.reading import Moment, Reading
from bridge.policy.model import ScalingPolicy

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
_BEFORE_S = 3600
_AT_ONCE = Debounce(0, 0)

Seen = Callable[[int, Decision], None]
"""Called with the second and the decision of each tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """What stands around a policy: each metric by name, and how late everything comes."""

    metrics: Mapping[str, Meter]
    reconcile: float
    """Seconds from a commit until the cluster has its count."""
    start: float
    """Seconds that a pod takes to get ready."""
    debounce: Debounce = _AT_ONCE
    scale_up: Debounce = _AT_ONCE
    commits_per_hour: int | None = None
    begin: datetime = BEGIN
    """What the clock shows in second 0."""
    alerts: AlertHistory = field(default_factory=AlertHistory)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the run."""

    second: int
    before: int
    after: int
    reason: str


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it, from second 0 to the load's end."""

    load: Load
    starts: list[int]
    """The seconds in which the ready count changed, the first of them 0."""
    ready: list[int]
    """How many were ready from each of them on."""
    replicas: int
    """The count that was committed in the beginning."""
    commits: list[Commit]
    dead_time: float | None
    """The longest in seconds that was decided with; None where none was measured."""
    ticks: int
    """How many decisions were made."""

    @property
    def pieces(self) -> Iterator[Piece]:
        """Seconds, demand and ready replicas, in order."""
        return pieces(self.load, self.starts, self.ready, 0, self.load.end)

    @property
    def peak(self) -> int:
        """The highest count that was committed."""
        return max([self.replicas, *(commit.after for commit in self.commits)])

    @property
    def turns(self) -> int:
        """How often a commit went the other way than the one before it."""
        ways = [commit.after > commit.before for commit in self.commits]
        return sum(way != before for before, way in pairwise(ways))


def run(
    policy: ScalingPolicy, loop: Loop, load: Load, replicas: int, seen: Seen | None = None
) -> Run:
    """The policy through Git, from `replicas` that have carried the first demand for an hour.

    `load` is what the result is told of; each metric has its own.
    """
    cluster = Cluster(replicas, loop.start)
    reads = {m.name: loop.metrics[m.name].reads(cluster) for m in policy.spec.metrics}
    before = list(_before(policy, loop, replicas))
    pilot = ThroughGit(policy, before, reads, cluster, loop.begin)
    pilot.alerts = loop.alerts
    return _Running(loop, load, cluster, reads, pilot).run(seen)


def run_live(policy: ScalingPolicy, loop: Loop, load: Load, replicas: int) -> Run:
    """A live HPA in the policy's stead: no commit, no batch, no reconciler."""
    cluster = Cluster(replicas, loop.start)
    reads = {m.name: loop.metrics[m.name].reads(cluster) for m in policy.spec.metrics}
    live = Loop(metrics=loop.metrics, reconcile=0, start=loop.start, begin=loop.begin)
    return _Running(live, load, cluster, reads, LiveHpa(policy, replicas)).run(None)


def run_fixed(load: Load, replicas: int) -> Run:
    """Nobody scales."""
    return Run(load, [0], [replicas], replicas, [], None, 0)


def _before(policy: ScalingPolicy, loop: Loop, replicas: int) -> Iterator[Moment]:
    """An hour of the first demand, as steady as can be."""
    readings, interval = [], interval_of(policy)
    for metric in policy.spec.metrics:
        meter = loop.metrics[metric.name]
        first = meter.load.first
        readings.append(Reading(metric.name, meter.says(first, replicas) if meter.says else first))
    for second in range(-(_BEFORE_S // interval) * interval, 0, interval):
        yield Moment(loop.begin + timedelta(seconds=second), tuple(readings), replicas)


class _Running:
    """A run on its way."""

    def __init__(
        self,
        loop: Loop,
        load: Load,
        cluster: Cluster,
        reads: Mapping[str, Callable[[int], Amount]],
        pilot: Pilot,
    ) -> None:
        self._loop = loop
        self._load = load
        self._cluster = cluster
        self._reads = list(reads.items())
        self._pilot = pilot
        self._batcher = Batcher(loop.debounce, loop.scale_up)
        self._commits: list[Commit] = []

    def run(self, seen: Seen | None) -> Run:
        """Decisions on the tick, and a batch whenever it is due."""
        replicas, end, interval = self._cluster.now, self._load.end, self._pilot.interval
        ticks = range(0, end, interval)
        for tick in ticks:
            decision = self._pilot.decided(self._moment(tick))
            if seen:
                seen(tick, decision)
            self._batcher.put(decision, tick)
            until = min(tick + interval, end)
            while (due := self._due(tick)) is not None and due < until:
                self._cluster.advance(due)
                self._commit(due)
        self._cluster.advance(end - 1)
        return Run(
            load=self._load,
            starts=self._cluster.starts,
            ready=self._cluster.ready,
            replicas=replicas,
            commits=self._commits,
            dead_time=self._pilot.dead_time,
            ticks=len(ticks),
        )

    def _moment(self, second: int) -> Moment:
        ready = self._cluster.advance(second)
        readings = [_reading(name, read(second)) for name, read in self._reads]
        return Moment(self._at(second), tuple(readings), ready)

    def _due(self, tick: int) -> int | None:
        """The second in which what waits is committed, from this tick on."""
        due = self._batcher.due_at
        if due is None:
            return None
        if opens := self._opens(max(tick, due)):
            due = max(due, opens)
        return max(tick, math.ceil(due))

    def _opens(self, second: float) -> float | None:
        """When the budget allows what waits; None: then."""
        limit, at = self._loop.commits_per_hour, self._at(second)
        if limit is None:
            return None
        spent = tuple(self._at(one.second) for one in self._commits[-2 * limit - 1 :])
        raises = any(decision.raises for decision in self._batcher.waiting)
        opens = Budget(limit, spent).opens_at(at, raises=raises)
        return (opens - self._loop.begin).total_seconds() if opens else None

    def _commit(self, second: int) -> None:
        for decision in self._batcher.take():
            before, after = decision.current, decision.desired
            self._pilot.committed(decision, self._at(second))
            self._cluster.apply(after, math.ceil(second + self._loop.reconcile))
            self._commits.append(Commit(second, before, after, decision.reason))

    def _at(self, second: float) -> datetime:
        return self._loop.begin + timedelta(seconds=second)


def _reading(name: str, value: Amount) -> Reading:
    return Reading(name, value, "" if value is not None else "no data")
