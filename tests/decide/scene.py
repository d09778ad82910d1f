"""A policy, what its metrics said and say, and the decision on that."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.decide.decide import decide, window_to_know
from bridge.decide.decision import Decision
from bridge.decide.recall import Known, Scaled
from bridge.evaluate.reading import Moment, Observation, Past, Reading
from bridge.policy.model import ScalingPolicy

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LOAD = {
    "name": "load",
    "query": "load",
    "target": {"type": "AverageValue", "value": 100},
}


def policy_with(**spec: Any) -> ScalingPolicy:
    """A policy of 1 to 20 replicas over one metric, 100 per replica."""
    asked = {
        "scaleTargetRef": {"kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 20,
        "metrics": [LOAD],
        **spec,
    }
    return ScalingPolicy.model_validate(
        {
            "apiVersion": "scalebridge/v1",
            "kind": "ScalingPolicy",
            "metadata": {"name": "web"},
            "spec": asked,
        }
    )


def ago(seconds: float) -> datetime:
    """That long before now."""
    return NOW - timedelta(seconds=seconds)


def moment(age: float = 0, ready: int | None = None, **values: float | None) -> Moment:
    """What the metrics said that long before now; None is no data."""
    readings = tuple(
        Reading(name, value, "no data" if value is None else "") for name, value in values.items()
    )
    return Moment(ago(age), readings, ready)


def every_15_s(ages: range, **values: float | None) -> list[Moment]:
    """The same values at each of these ages, oldest first."""
    return [replace(moment(0, None, **values), at=ago(age)) for age in sorted(ages, reverse=True)]


def decided(
    policy: ScalingPolicy,
    now: Moment,
    count: int,
    past: list[Moment] | Past | None = None,
    changes: tuple[Scaled, ...] = (),
) -> Decision:
    """The decision, with a past as far back as the policy asks for."""
    if not isinstance(past, Past):
        window = window_to_know(policy, now, count)
        since = ago(window)
        past = Past(tuple(m for m in past or () if m.at >= since), since=since)
    return decide(policy, Observation(now, past), Known(count, changes))
