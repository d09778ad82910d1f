"""What is known when a decision is made: metrics, Git's count, the past of both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.decide.decide import Known, Scaled, decide
from bridge.decide.decision import Decision
from bridge.decide.override import Override
from bridge.evaluate.reading import Moment, Observation, Past, Reading
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy
from tests.policy.given import policy

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
WEB = policy().target


def ago(seconds: float) -> datetime:
    """That long before now."""
    return NOW - timedelta(seconds=seconds)


def moment(age: float = 0, ready: int | None = None, **values: float | str) -> Moment:
    """What the metrics say: numbers, or in words why there is none."""
    readings = tuple(
        Reading(name, None, value) if isinstance(value, str) else Reading(name, value)
        for name, value in values.items()
    )
    return Moment(ago(age), readings, ready, "" if ready is not None else "no data")


def decided(
    asked: ScalingPolicy,
    now: Moment,
    committed: int,
    *,
    past: Past | tuple[Moment, ...] = (),
    changes: tuple[Scaled, ...] = (),
    override: Override | None = None,
) -> Decision:
    """The decision on all that."""
    known = past if isinstance(past, Past) else Past(past)
    return decide(asked, Observation(now, known), Known(committed, changes, override))


def decision(current: int, desired: int, target: Target = WEB, *reasons: str) -> Decision:
    """A decision from nowhere, by a policy of its target's name."""
    return Decision(
        target=target, policy=target.name, current=current, desired=desired, reasons=reasons
    )
