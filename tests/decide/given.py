"""What is known when a decision is made: metrics, Git's count, the past of both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.decide.decide import decide
from bridge.decide.decision import Decision, Step
from bridge.decide.override import Override
from bridge.decide.recall import Known, Scaled
from bridge.decide.window import window_to_know
from bridge.evaluate.alerts import Alerts
from bridge.evaluate.reading import Moment, Observation, Past, Reading
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy
from tests.policy.given import policy

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
WEB = policy().target


def ago(seconds: float) -> datetime:
    """That long before now."""
    return NOW - timedelta(seconds=seconds)


def moment(age: float = 0, ready: int | None = None, **values: float | str | None) -> Moment:
    """What the metrics said that long before now: numbers, or why there is none."""
    readings = tuple(
        Reading(name, None, value or "no data")
        if value is None or isinstance(value, str)
        else Reading(name, value)
        for name, value in values.items()
    )
    return Moment(ago(age), readings, ready, "" if ready is not None else "no data")


def repeated(said: Moment, ages: Iterable[int]) -> list[Moment]:
    """The same at each of these ages, oldest first."""
    return [replace(said, at=ago(age)) for age in sorted(ages, reverse=True)]


def every_15_s(ages: range, **values: float | None) -> list[Moment]:
    """The same values at each of these ages, oldest first."""
    return repeated(moment(0, None, **values), ages)


def decided(
    asked: ScalingPolicy,
    now: Moment,
    committed: int,
    past: Past | Sequence[Moment] | None = None,
    *,
    changes: tuple[Scaled, ...] = (),
    override: Override | None = None,
    alerts: Alerts | None = None,
) -> Decision:
    """The decision on all that, with a past as far back as the policy asks for.

    Moments are all that were asked for; without any given, it has always been as it is now.
    """
    if not isinstance(past, Past):
        window = window_to_know(asked, now, committed)
        if past is None:
            past = repeated(now, range(15, int(window) + 15, 15))
        since = ago(window)
        past = Past(tuple(one for one in past if one.at >= since), since=since)
    observation = Observation(now, past, alerts or Alerts())
    return decide(asked, observation, Known(committed, changes, override))


def decision(current: int, desired: int, target: Target = WEB, *reasons: str) -> Decision:
    """A decision from nowhere, by a policy of its target's name."""
    return Decision(
        target=target,
        policy=target.name,
        current=current,
        desired=desired,
        steps=tuple(map(Step, reasons)),
    )
