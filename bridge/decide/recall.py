"""The HPA's memory, had from records: wishes from the metrics' series, changes from the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.decide.memory import Memory, Recommended, with_change
from bridge.decide.override import Override
from bridge.decide.wishes import highest, wishes
from bridge.evaluate.reading import Observation
from bridge.policy.model import Behavior, ScalingPolicy


@dataclass(frozen=True, slots=True)
class Scaled:
    """A change of the target's committed count, from the log."""

    at: datetime
    by: int


@dataclass(frozen=True, slots=True)
class Known:
    """What Git knows of the target: the count at the tip, its past changes, a person's order."""

    committed: int
    changes: tuple[Scaled, ...] = ()
    override: Override | None = None


def recalled(policy: ScalingPolicy, observation: Observation, known: Known) -> Memory:
    """What an HPA that never stopped would remember now."""
    now = observation.now.at
    memory, at = Memory(), now
    for change in sorted(known.changes, key=lambda change: change.at):
        memory = memory.older((change.at - at).total_seconds())
        memory, at = _after(memory, policy.spec.behavior, change.by), change.at
    memory = memory.older((now - at).total_seconds())
    return replace(memory, recommended=tuple(_recommended(policy, observation, known.committed)))


def _after(memory: Memory, behavior: Behavior, by: int) -> Memory:
    if by > 0:
        return replace(memory, ups=with_change(memory.ups, behavior.scale_up, by))
    if by < 0:
        return replace(memory, downs=with_change(memory.downs, behavior.scale_down, -by))
    return memory


def _recommended(
    policy: ScalingPolicy, observation: Observation, committed: int
) -> Iterator[Recommended]:
    """What the metrics wished for at each moment, each on what lived then."""
    for moment in observation.past.moments:
        replicas = committed if moment.ready is None else moment.ready
        wish = highest(wishes(policy, moment, replicas))
        if wish is not None:
            yield Recommended((observation.now.at - moment.at).total_seconds(), wish)
