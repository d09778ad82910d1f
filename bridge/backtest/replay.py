"""What a policy would have decided over recorded load, by the very code that decides live.

Counts follow decisions at once, and recorded metrics don't respond to the replayed counts: right
for `AverageValue` targets (totals), an indication only for `Value` targets.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from bridge.decide.decide import decide, window_to_know
from bridge.decide.decision import Decision
from bridge.decide.recall import Known, Scaled
from bridge.evaluate.reading import Moment, Observation, Past
from bridge.policy.model import ScalingPolicy


@dataclass(frozen=True, slots=True)
class Step:
    """A decision at a moment of the recording."""

    at: datetime
    decision: Decision


@dataclass(frozen=True, slots=True)
class Summary:
    """What a replay came to."""

    steps: int
    changes: int
    lowest: int
    highest: int
    replica_hours: float


def replay(policy: ScalingPolicy, moments: Sequence[Moment], replicas: int) -> Iterator[Step]:
    """One step per moment, oldest first, starting at `replicas`."""
    changes: tuple[Scaled, ...] = ()
    for position, recorded in enumerate(moments):
        now = recorded if recorded.ready is None else replace(recorded, ready=replicas)
        past = _past(moments, position, window_to_know(policy, now, replicas))
        decision = decide(policy, Observation(now, past), Known(replicas, changes))
        if decision.changes:
            changes = (*changes[-50:], Scaled(now.at, decision.desired - replicas))
            replicas = decision.desired
        yield Step(now.at, decision)


def _past(moments: Sequence[Moment], position: int, window: float) -> Past:
    """The recording from `window` seconds before a moment on, up to it."""
    begin = moments[position].at - timedelta(seconds=window)
    after = bisect_right(moments, begin, hi=position, key=lambda moment: moment.at)
    first = max(0, after - 1)
    return Past(tuple(moments[first:position]), since=moments[first].at)


def summary(steps: Sequence[Step]) -> Summary:
    """The replay in five numbers; each count holds until the next step."""
    counts = [step.decision.desired for step in steps]
    hours = sum(
        (after.at - step.at).total_seconds() / 3600 * step.decision.desired
        for step, after in pairwise(steps)
    )
    return Summary(
        steps=len(steps),
        changes=sum(step.decision.changes for step in steps),
        lowest=min(counts, default=0),
        highest=max(counts, default=0),
        replica_hours=hours,
    )
