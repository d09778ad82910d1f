"""Memory had from records: wishes and failures from the metrics' series, changes from the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bridge.decide.activation import Activity
from bridge.decide.dead_time import Rollouts
from bridge.decide.memory import Memory, Recommended, with_change
from bridge.decide.override import Override
from bridge.decide.question import Asked
from bridge.decide.schedule import raised_minimum
from bridge.decide.wishes import Wished, asked
from bridge.evaluate.reading import Moment, Observation, Past
from bridge.policy.behavior import MAX_PERIOD_S, Behavior
from bridge.policy.model import ScalingPolicy


@dataclass(frozen=True, slots=True)
class Scaled:
    """A change of the target's committed count, from the log."""

    at: datetime
    by: int
    to: int | None = None
    """The count since then; None where nobody noted it."""
    ours: bool = False
    """Whether a decision of ours made it."""

    def age(self, now: datetime) -> float:
        """Seconds since then; a clock that is ahead has just made it."""
        return max(0.0, (now - self.at).total_seconds())


@dataclass(frozen=True, slots=True)
class Known:
    """What Git knows of the target: the count at the tip, its past changes, a person's order."""

    committed: int
    changes: tuple[Scaled, ...] = ()
    override: Override | None = None
    rollouts: Rollouts = field(default_factory=Rollouts)
    """What became of the changes, as measured."""

    def in_flight(self, now: datetime, timeout: float) -> bool:
        """Whether the count was changed so lately that it may still be on its way."""
        return any(change.age(now) <= timeout for change in self.changes)

    def in_flight_since(self, now: datetime, ready: int | None, timeout: float) -> datetime | None:
        """When the count was changed last, where it is on its way; None where it is there.

        None as well where nobody exports the target's ready replicas.
        """
        if ready == self.committed or (ready is None and not self.ready_was_known):
            return None
        if not self.in_flight(now, timeout):
            return None
        return max(change.at for change in self.changes)

    @property
    def ready_was_known(self) -> bool:
        """Whether missing ready replicas are missing now, and not just never exported."""
        newest = self.rollouts.newest
        return bool(self.rollouts.error) or (newest is not None and newest.seen)


def recalled(
    policy: ScalingPolicy, observation: Observation, known: Known, then: Iterable[Asked]
) -> Memory:
    """What an HPA that never stopped would remember now; `then` is what was asked by moment."""
    now, memory, age = observation.now.at, Memory(), 0.0
    since = now - timedelta(seconds=MAX_PERIOD_S)
    recent = [change for change in known.changes if change.at >= since]
    for change in sorted(recent, key=lambda change: change.at):
        memory = memory.older(age - change.age(now))
        memory, age = _after(memory, policy.spec.behavior, change.by), change.age(now)
    memory = memory.older(age)
    return memory.recommending(tuple(_recommended(observation, then)))


def _after(memory: Memory, behavior: Behavior, by: int) -> Memory:
    if by > 0:
        return replace(memory, ups=with_change(memory.ups, behavior.scale_up, by))
    if by < 0:
        return replace(memory, downs=with_change(memory.downs, behavior.scale_down, -by))
    return memory


def _recommended(observation: Observation, then: Iterable[Asked]) -> list[Recommended]:
    """What the metrics wished for at each moment, each on what lived then."""
    now, moments = observation.now.at, observation.past.moments
    return [
        Recommended((now - moment.at).total_seconds(), found.highest)
        for moment, found in zip(moments, then, strict=True)
        if found.highest is not None
    ]


def asked_over(wished: Wished, past: Past, committed: int) -> tuple[Asked, ...]:
    """What the metrics recommended at each moment, on what lived then, without any fallback."""
    return tuple([wished.at(moment, moment.ready or committed) for moment in past.moments])


def asked_then(
    policy: ScalingPolicy, moment: Moment, committed: int, failures: Mapping[str, int] | None = None
) -> Asked:
    """What the metrics recommended at a moment, on what lived then; nobody noted that count."""
    return asked(policy, moment, moment.ready or committed, failures)


def failures_before(policy: ScalingPolicy, observation: Observation) -> dict[str, int]:
    """How often each metric failed in a row before now; 0 as far as nothing is known of it.

    By the time since its last value: where all metrics fail, the series have no moment at all.
    """
    now, past = observation.now.at, observation.past
    if past.error or past.since is None:
        return {}
    latest = {metric.name: past.since for metric in policy.spec.metrics}
    for moment in past.moments:
        for reading in moment.readings:
            if reading.value is not None:
                latest[reading.metric] = max(moment.at, latest[reading.metric])
    interval = policy.spec.polling_interval
    return {
        name: max(0, round((now - at).total_seconds() / interval) - 1)
        for name, at in latest.items()
    }


def activity(wished: Wished, observation: Observation, now: Asked, current: int) -> Activity:
    """Since when no metric is active and no schedule open; an unknown past counts as active."""
    at, newest_first = observation.now.at, reversed(observation.past.moments)
    busy = next((one.at for one in newest_first if _is_busy(wished, one, current)), None)
    return Activity(
        active=now.active or _is_scheduled(wished.policy, at),
        failed=now.failed,
        last_active_age=None if busy is None else (at - busy).total_seconds(),
        known_age=_known_age(observation),
    )


def _is_busy(wished: Wished, moment: Moment, current: int) -> bool:
    found = wished.at(moment, current)
    return found.active or found.failed or _is_scheduled(wished.policy, moment.at)


def _is_scheduled(policy: ScalingPolicy, at: datetime) -> bool:
    """Whether a window of time is open: to KEDA, its cron trigger is active then."""
    return raised_minimum(policy.spec.schedules, at) is not None


def _known_age(observation: Observation) -> float:
    """How far back the series reach without an error; 0 where they don't."""
    past = observation.past
    if past.error or not past.moments:
        return 0
    return (observation.now.at - past.moments[0].at).total_seconds()
