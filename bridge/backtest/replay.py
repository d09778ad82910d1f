"""What a policy would have decided over recorded load, by the very code that decides live.

Counts follow decisions at once, and recorded metrics don't respond to the replayed counts: right
for `AverageValue` targets (totals), an indication only for `Value` targets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from bridge.decide.decide import decide
from bridge.decide.decision import Decision
from bridge.decide.recall import Known, Scaled
from bridge.evaluate.reading import Moment, Observation, Past
from bridge.policy.model import MAX_WINDOW_S, ScalingPolicy

_REMEMBERED = timedelta(seconds=MAX_WINDOW_S)


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
    oldest = 0
    for position, recorded in enumerate(moments):
        now = recorded if recorded.ready is None else replace(recorded, ready=replicas)
        while now.at - moments[oldest].at > _REMEMBERED:
            oldest += 1
        past = Past(tuple(moments[oldest:position]), since=moments[oldest].at)
        decision = decide(policy, Observation(now, past), Known(replicas, changes))
        if decision.changes:
            changes = (*changes[-50:], Scaled(now.at, decision.desired - replicas))
            replicas = decision.desired
        yield Step(now.at, decision)


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
