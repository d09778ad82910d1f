"""What one metric recommends, whatever its source: a wish, or why there is none.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go, computeReplicasForMetric.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.decide.recommendation import Tolerance, average_value, total, whole_value
from bridge.errors import MetricsUnavailable

TargetType = Literal["AverageValue", "Value"]


@dataclass(frozen=True, slots=True)
class Wish:
    """One metric's recommendation; None, and why, where it has none."""

    replicas: int | None
    text: str = ""
    failure: str = ""
    """The HPA's name of the failure."""
    field: str = ""
    """The policy's field that asks, dotted."""
    ratio: bool = False
    """Whether it multiplies the live ready replicas by what was measured."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a metric shall be: AverageValue per replica, Value for the workload as a whole."""

    type: TargetType
    milli: int


@dataclass(frozen=True, slots=True)
class Scale:
    """The target's counts: asked for, reported, and Running and Ready (None: unknown)."""

    spec: int
    status: int
    ready: int | None


def wish_of_samples(
    samples_milli: Sequence[int], goal: Goal, scale: Scale, tolerance: Tolerance
) -> int:
    """The count that an External or Object metric asks for.

    Raises:
        MetricsUnavailable: no series; or a ratio without anything live to base it on.
    """
    if not samples_milli:
        raise MetricsUnavailable("no series")
    usage = total(samples_milli)
    if goal.type == "AverageValue":
        return average_value(usage, goal.milli, scale.status, tolerance)
    if scale.ready is None:
        raise MetricsUnavailable("needs live ready replicas")
    return whole_value(usage, goal.milli, scale.spec, scale.ready, tolerance)


def failure_of(source: str) -> str:
    """The HPA's name for a failure to get a metric of that source type."""
    known = ("External", "Object", "Pods", "Resource", "ContainerResource")
    return f"FailedGet{source}Metric" if source in known else "InvalidMetricSourceType"
