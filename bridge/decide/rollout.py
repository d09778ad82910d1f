"""Rollouts, measured from the log and the series of ready replicas, and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.decide.dead_time import Rollout
from bridge.decide.recall import Known, Scaled
from bridge.units import short_duration

RECORD_S = 24 * 3600.0
"""How far back rollouts are remembered: the morning's rise knows yesterday's."""
_MOST = 10
_FINEST_S = 5.0
_MOST_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Watch:
    """A change, and until when to look for its rollout: nothing overtook it before."""

    change: Scaled
    end: datetime
    step: float

    def rest(self, now: datetime) -> Watch:
        """From its end on until now, in coarser steps: a rollout that is late, or stuck."""
        span = (now - self.end).total_seconds()
        late = Scaled(self.end, self.change.by, self.change.to)
        return Watch(late, now, max(self.step, span / _MOST_STEPS))


def watches(changes: Sequence[Scaled], now: datetime, timeout: float) -> list[Watch]:
    """Where to look, newest first: the newest change, and ours of the last day.

    A rollout that takes longer than `timeout` is stuck, and no measure of the dead time.
    """
    newest_first = sorted(changes, key=lambda change: change.at, reverse=True)
    if not newest_first or newest_first[0].to is None:
        return []
    ends = [now, *(change.at for change in newest_first)]
    step, since = max(_FINEST_S, timeout / _MOST_STEPS), now - timedelta(seconds=RECORD_S)
    found = [
        Watch(change, max(change.at, min(end, change.at + timedelta(seconds=timeout))), step)
        for place, (change, end) in enumerate(zip(newest_first, ends, strict=False))
        if change.to is not None and change.at >= since and (change.ours or not place)
    ]
    return found[:_MOST]


def rollout(watch: Watch, ready: Mapping[int, float]) -> Rollout:
    """What the ready replicas say, by the number of the step since the change.

    A count that was ready already, or came out of a gap, tells no time.
    """
    hits = (step for step, count in ready.items() if round(count) == watch.change.to)
    first = min(hits, default=None)
    seconds = None if first is None or first - 1 not in ready else first * watch.step
    return Rollout(watch.change.ours, first is not None, seconds, seen=bool(ready))


def stuck_rollout(known: Known, ready: int | None, now: datetime, timeout: float) -> str:
    """What is stuck, in words; empty where nothing is, nobody waits or nobody can tell."""
    newest = known.rollouts.newest
    if newest is None or newest.settled or ready in (None, known.committed):
        return ""
    ages = [change.age(now) for change in known.changes]
    if not timeout or min(ages) <= timeout:
        return ""
    waited = short_duration(min(ages))
    return f"stuck rollout: {ready} ready of {known.committed} committed for {waited}"
