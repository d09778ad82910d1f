"""What a metric counts as while its source fails: KEDA's fallback.

Source: kedacore/keda pkg/fallback/fallback.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from bridge.decide.wish import Scale, TargetType
from bridge.errors import MetricsUnavailable

FallbackBehavior = Literal[
    "static",
    "currentReplicas",
    "currentReplicasIfHigher",
    "currentReplicasIfLower",
    "scalingModifiers",
]
PLACEHOLDER_MILLI = -1000
"""What a failed metric counts as where the formula sees nil in its stead."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """After how many failures in a row, and how many replicas then."""

    failure_threshold: int
    replicas: int
    behavior: FallbackBehavior = "static"

    @property
    def valid(self) -> bool:
        """KEDA ignores a fallback with a negative number."""
        return self.failure_threshold >= 0 and self.replicas >= 0

    def wanted(self, current: int) -> int:
        """The replicas to fall back to, beside `current` ones."""
        if self.behavior == "currentReplicas":
            return current
        if self.behavior == "currentReplicasIfHigher":
            return max(current, self.replicas)
        if self.behavior == "currentReplicasIfLower":
            return min(current, self.replicas)
        return self.replicas


@dataclass(frozen=True, slots=True)
class Health:
    """How often a metric failed in a row."""

    failures: int = 0
    failing: bool = False


@dataclass(frozen=True, slots=True)
class Watched:
    """A metric, what it shall be, and what stands in for it.

    With a formula over all metrics, the formula's target counts instead of the metric's own.
    """

    metric: str
    target: float
    target_type: TargetType
    fallback: Fallback | None
    whole_target: bool = True
    """KEDA's fallback works beside a formula only if the formula's target is a whole number."""

    @property
    def usable(self) -> Fallback | None:
        """The fallback, unless it is one that KEDA ignores."""
        fallback = self.fallback
        return fallback if fallback and fallback.valid and self.whole_target else None


@dataclass(frozen=True, slots=True)
class Answer:
    """A metric's value after fallback (None: still an error), and its health then."""

    milli: int | None
    health: Mapping[str, Health]
    active: bool = False
    """Whether the value stands for replicas; the metric then counts as active."""
    any_failing: bool | None = None
    """Whether some metric is beyond the threshold; None where nobody watches."""
    error: str = ""


def with_fallback(
    milli: int | None, watched: Watched, health: Mapping[str, Health], scale: Scale | None
) -> Answer:
    """One more answer (None: a failure) of a metric's source."""
    fallback = watched.usable
    if fallback is None:
        return Answer(milli, health)
    after = _observed(health, watched.metric, failed=milli is None)
    condition = any(
        state.failing and state.failures > fallback.failure_threshold for state in after.values()
    )
    answer = Answer(milli, after, any_failing=condition)
    failures = after[watched.metric].failures
    if milli is not None:
        return answer
    if failures <= fallback.failure_threshold:
        waiting = f"failure {failures}, fallback after {fallback.failure_threshold}"
        return replace(answer, error=waiting)
    if fallback.behavior == "scalingModifiers":
        return replace(answer, milli=PLACEHOLDER_MILLI)
    try:
        return replace(answer, milli=_replacement(watched, fallback, scale), active=True)
    except MetricsUnavailable as error:
        return replace(answer, error=str(error))


def _observed(health: Mapping[str, Health], metric: str, *, failed: bool) -> dict[str, Health]:
    before = health.get(metric, Health())
    return {**health, metric: Health(before.failures + 1, failing=True) if failed else Health()}


def _replacement(watched: Watched, fallback: Fallback, scale: Scale | None) -> int:
    """The value that makes the metric ask for the fallback's replicas."""
    if scale is None and fallback.behavior != "static":
        raise MetricsUnavailable("no fallback without the current replicas")
    replicas = float(fallback.wanted(scale.spec if scale else 0))
    if watched.target_type == "Value":
        if scale is None or not scale.ready:
            raise MetricsUnavailable("no fallback of a Value target without ready replicas")
        replicas /= scale.ready
    return int(watched.target * 1000 * replicas)
