"""The loop closed: decisions become commits, commits become pods, pods change the metric. Pure.

The very `decide`, Batcher and Budget that run live. The clock jumps from event to event, which are
whole seconds: a tick, a due batch, a count applied, pods ready. Git and the reconciler are a delay.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from bridge.backtest.cluster import Cluster
from bridge.backtest.foresight import Foresight
from bridge.backtest.load import Amount, Load, Piece, pieces
from bridge.backtest.measuring import Measuring
from bridge.backtest.meter import Meter
from bridge.batch.batcher import Batcher, Debounce
from bridge.batch.budget import Budget
from bridge.decide.decide import decide, window_to_know
from bridge.decide.decision import Decision
from bridge.decide.recall import Known, Scaled
from bridge.decide.rollout import RECORD_S
from bridge.decide.wishes import Wished
from bridge.evaluate.forecast import seconds_ahead
from bridge.evaluate.reading import Moment, Observation, Past, Reading
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


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the run."""

    second: int
    before: int
    after: int
    reason: str


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it, from second 0 to `seconds`."""

    load: Load
    starts: list[int]
    """The seconds in which the ready count changed, the first of them 0."""
    ready: list[int]
    """How many were ready from each of them on."""
    replicas: int
    """The count that was committed in the beginning."""
    commits: list[Commit]
    dead_time: float | None
    """In seconds, as it was measured last; None where it never was."""
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
    """The whole load, from `replicas` that have carried its first demand for an hour.

    `load` is what the result is told of; each metric has its own.
    """
    return _Running(policy, loop, load, replicas, seen).run()


@dataclass(slots=True)
class _Found:
    commits: list[Commit] = field(default_factory=list)
    ticks: int = 0
    dead_time: float | None = None


class _Running:
    """A run on its way."""

    def __init__(
        self, policy: ScalingPolicy, loop: Loop, load: Load, replicas: int, seen: Seen | None
    ) -> None:
        self._policy = policy
        self._loop = loop
        self._load = load
        self._replicas = replicas
        self._seen = seen
        self._interval = max(1, round(policy.spec.polling_interval))
        self._before_s = _BEFORE_S // self._interval * self._interval
        self._cluster = Cluster(replicas, loop.start)
        self._batcher = Batcher(loop.debounce, loop.scale_up)
        self._measuring = Measuring(self._cluster, loop.begin, policy.spec.in_flight_timeout)
        self._known = Known(replicas)
        self._wished = Wished(policy)
        self._found = _Found()
        meters = [(m, loop.metrics[m.name].reads(self._cluster)) for m in policy.spec.metrics]
        self._reads = [(metric.name, reads) for metric, reads in meters]
        self._foresights = [
            Foresight(metric, reads, self._interval) if metric.forecast else None
            for metric, reads in meters
        ]
        self._moments = list(self._before())
        self._ahead: dict[int, float | None] = {}
        """By the place of a moment: the dead time by which it was looked ahead of it."""

    def run(self) -> Run:
        """Decisions on the tick, and a batch whenever it is due."""
        for tick in range(0, self._load.end, self._interval):
            self._tick(tick)
            until = min(tick + self._interval, self._load.end)
            while (due := self._due(tick)) is not None and due < until:
                self._cluster.advance(due)
                self._commit(due)
        self._cluster.advance(self._load.end - 1)
        cluster, found = self._cluster, self._found
        return Run(
            load=self._load,
            starts=cluster.starts,
            ready=cluster.ready,
            replicas=self._replicas,
            commits=found.commits,
            dead_time=found.dead_time,
            ticks=found.ticks,
        )

    def _before(self) -> Iterator[Moment]:
        """An hour of the first demand, as steady as can be."""
        ready, metrics = self._replicas, self._loop.metrics
        readings = []
        for name, _ in self._reads:
            meter = metrics[name]
            first = meter.load.first
            readings.append(Reading(name, meter.says(first, ready) if meter.says else first))
        for second in range(-self._before_s, 0, self._interval):
            yield Moment(self._at(second), tuple(readings), ready)

    def _tick(self, second: int) -> None:
        ready = self._cluster.advance(second)
        readings = tuple([_reading(name, reads(second)) for name, reads in self._reads])
        self._moments.append(Moment(self._at(second), readings, ready))
        decision = self._decided(second)
        self._found.ticks += 1
        if self._seen:
            self._seen(second, decision)
        self._batcher.put(decision, second)

    def _decided(self, second: int) -> Decision:
        policy, rollouts = self._policy, self._measuring.rollouts(second)
        if rollouts is not self._known.rollouts:
            self._known = replace(self._known, rollouts=rollouts)
        known, dead_time = self._known, rollouts.dead_time
        self._found.dead_time = dead_time or self._found.dead_time
        place = len(self._moments) - 1
        now = self._foreseen(place, dead_time)
        window = window_to_know(policy, now, known.committed, dead_time, self._wished)
        past = self._past(place, window, dead_time) if window else Past()
        return decide(policy, Observation(now, past), known, self._wished)

    def _past(self, place: int, window: float, dead_time: float | None) -> Past:
        first = max(0, place - int(window // self._interval))
        moments = tuple([self._foreseen(earlier, dead_time) for earlier in range(first, place)])
        return Past(moments, since=self._moments[place].at - timedelta(seconds=window))

    def _foreseen(self, place: int, dead_time: float | None) -> Moment:
        """With what was expected then, as far ahead as is known now."""
        moment = self._moments[place]
        if not any(self._foresights) or self._ahead.get(place, -1.0) == dead_time:
            return moment
        second = place * self._interval - self._before_s
        pairs = zip(self._foresights, moment.readings, strict=True)
        readings = tuple([_ahead(one, said, second, dead_time) for one, said in pairs])
        self._moments[place] = moment = replace(moment, readings=readings)
        self._ahead[place] = dead_time
        return moment

    def _due(self, tick: int) -> int | None:
        """The second in which what waits is committed, from this tick on."""
        due = self._batcher.due_at
        if due is None:
            return None
        if opens := self._opens(max(tick, due)):
            due = max(due, opens)
        return max(tick, math.ceil(due))

    def _opens(self, second: float) -> float | None:
        limit, at = self._loop.commits_per_hour, self._at(second)
        if limit is None:
            return None
        spent = tuple(self._at(one.second) for one in self._found.commits[-2 * limit - 1 :])
        raises = any(decision.raises for decision in self._batcher.waiting)
        opens = Budget(limit, spent).opens_at(at, raises=raises)
        return (opens - self._loop.begin).total_seconds() if opens else None

    def _commit(self, second: int) -> None:
        at = self._at(second)
        for decision in self._batcher.take():
            before, after = decision.current, decision.desired
            changes = (Scaled(at, after - before, after, ours=True), *self._known.changes)
            kept = tuple(one for one in changes if one.age(at) <= RECORD_S)
            self._measuring.changed(kept)
            self._known = replace(self._known, committed=after, changes=kept)
            self._cluster.apply(after, math.ceil(second + self._loop.reconcile))
            self._found.commits.append(Commit(second, before, after, decision.reason))

    def _at(self, second: float) -> datetime:
        return self._loop.begin + timedelta(seconds=second)


def _ahead(
    foresight: Foresight | None, said: Reading, second: int, dead_time: float | None
) -> Reading:
    if foresight is None or said.value is None:
        return said
    seconds = seconds_ahead(foresight.metric, dead_time)
    return replace(said, ahead=foresight.at(second, seconds))


def _reading(name: str, value: Amount) -> Reading:
    return Reading(name, value, "" if value is not None else "no data")
