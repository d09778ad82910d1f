"""Who decides in the simulated loop: here scalebridge, with the memory that it has live. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bridge.backtest.alert_history import AlertHistory
from bridge.backtest.cluster import Cluster
from bridge.backtest.foresight import Foresight, Said
from bridge.backtest.measuring import Measuring
from bridge.decide.alerts import LONGEST_FIRING
from bridge.decide.decide import decide
from bridge.decide.decision import Decision
from bridge.decide.recall import Known, Scaled
from bridge.decide.rollout import RECORD_S
from bridge.decide.window import window_to_know
from bridge.decide.wishes import Wished
from bridge.evaluate.forecast import seconds_ahead
from bridge.evaluate.reading import Moment, Observation, Past, Reading
from bridge.policy.model import ScalingPolicy


class Pilot(Protocol):
    """Decides on each tick, and is told which of its decisions were carried out."""

    interval: int
    """Seconds between two ticks."""
    dead_time: float | None
    """The longest in seconds that it decided with; None where none was measured."""

    def decided(self, moment: Moment) -> Decision:
        """What it wants now; moments come in the order of their time."""

    def committed(self, decision: Decision, at: datetime) -> None:
        """A decision that has become a commit."""


class ThroughGit:
    """`decide`, as the service calls it; `before` are the moments before the first tick."""

    def __init__(
        self,
        policy: ScalingPolicy,
        before: Sequence[Moment],
        said: Mapping[str, Said],
        cluster: Cluster,
        begin: datetime,
    ) -> None:
        self.interval = interval_of(policy)
        self.dead_time: float | None = None
        self.alerts = AlertHistory()
        self._policy = policy
        self._begin = begin
        self._known = Known(cluster.now)
        self._wished = Wished(policy)
        self._measuring = Measuring(cluster, begin, policy.spec.in_flight_timeout)
        self._foresights = [
            Foresight(metric, said[metric.name], self.interval) if metric.forecast else None
            for metric in policy.spec.metrics
        ]
        self._foresees = any(self._foresights)
        self._kept_s = LONGEST_FIRING.total_seconds() if policy.spec.alerts else RECORD_S
        self._moments = list(before)
        self._ahead: dict[int, float | None] = {}
        """By the place of a moment: the dead time by which it was looked ahead of it."""

    def decided(self, moment: Moment) -> Decision:
        """See Pilot."""
        self._moments.append(moment)
        policy, rollouts = self._policy, self._measuring.rollouts(moment.at)
        if rollouts is not self._known.rollouts:
            self._known = replace(self._known, rollouts=rollouts)
        known, dead_time = self._known, rollouts.dead_time
        if dead_time is not None:
            self.dead_time = max(dead_time, self.dead_time or 0.0)
        place = len(self._moments) - 1
        now = self._foreseen(place, dead_time)
        window = window_to_know(policy, now, known.committed, dead_time, self._wished)
        past = self._past(place, window, dead_time) if window else Past()
        return decide(
            policy,
            Observation(now, past, self.alerts.at(moment.at)),
            known,
            self._wished,
        )

    def committed(self, decision: Decision, at: datetime) -> None:
        """See Pilot."""
        after = decision.desired
        changes = (Scaled(at, after - decision.current, after, ours=True), *self._known.changes)
        kept = tuple(one for one in changes if one.age(at) <= self._kept_s)
        self._measuring.changed(kept)
        self._known = replace(self._known, committed=after, changes=kept)

    def _past(self, place: int, window: float, dead_time: float | None) -> Past:
        first = max(0, place - int(window // self.interval))
        if self._foresees:
            for earlier in range(first, place):
                self._foreseen(earlier, dead_time)
        moments = tuple(self._moments[first:place])
        return Past(moments, since=self._moments[place].at - timedelta(seconds=window))

    def _foreseen(self, place: int, dead_time: float | None) -> Moment:
        """With what was expected then, as far ahead as is known now."""
        moment = self._moments[place]
        if not self._foresees or self._ahead.get(place, -1.0) == dead_time:
            return moment
        second = int((moment.at - self._begin).total_seconds())
        pairs = zip(self._foresights, moment.readings, strict=True)
        readings = tuple([_ahead(one, said, second, dead_time) for one, said in pairs])
        self._moments[place] = moment = replace(moment, readings=readings)
        self._ahead[place] = dead_time
        return moment


def interval_of(policy: ScalingPolicy) -> int:
    """The policy's polling interval in whole seconds."""
    return max(1, round(policy.spec.polling_interval))


def _ahead(
    foresight: Foresight | None, said: Reading, second: int, dead_time: float | None
) -> Reading:
    if foresight is None or said.value is None:
        return said
    seconds = seconds_ahead(foresight.metric, dead_time)
    return replace(said, ahead=foresight.at(second, seconds))
