"""What one metric wishes for: the HPA's arithmetic, on thousandths and IEEE doubles as there.

Source: kubernetes pkg/controller/podautoscaler/replica_calculator.go, GetExternalMetricReplicas
(Value) and GetExternalPerPodMetricReplicas (AverageValue).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

MAX_INT32 = 2**31 - 1
MAX_INT64 = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a ratio may lie from 1 before it means anything, by direction."""

    up: float = 0.1
    down: float = 0.1

    def spares(self, ratio: float) -> bool:
        """Both ends included."""
        return (1.0 - self.down) <= ratio <= (1.0 + self.up)


def average_value(usage_milli: int, target_milli: int, replicas: int, tolerance: Tolerance) -> int:
    """Replicas so that each has at most the target: ceil(usage / target)."""
    usage, target = float(usage_milli), float(target_milli)
    if tolerance.spares(quotient(usage, target * replicas)):
        return replicas
    return ceil_int32(quotient(usage, target))


def whole_value(
    usage_milli: int, target_milli: int, replicas: int, ready: int, tolerance: Tolerance
) -> int:
    """Replicas in proportion to what lives: ceil(ready * usage / target)."""
    ratio = quotient(float(usage_milli), float(target_milli))
    if replicas == 0:
        return ceil_int32(ratio)
    return replicas if tolerance.spares(ratio) else ceil_int32(ratio * ready)


def total(samples_milli: Iterable[int]) -> int:
    """The sum, stopping at the largest 64-bit integer."""
    usage = 0
    for sample in samples_milli:
        usage += sample
        if usage >= MAX_INT64:
            return MAX_INT64
    return usage


def to_milli(value: float) -> int:
    """A sample in thousandths, as KEDA hands it to the HPA; below 0 or no number at all is 0."""
    if not math.isfinite(value) or value < 0:
        return 0
    return int(f"{value:.3f}".replace(".", ""))


def quotient(dividend: float, divisor: float) -> float:
    """IEEE division: x/0 is infinite, 0/0 is no number."""
    if divisor != 0:
        return dividend / divisor
    return math.copysign(math.inf, dividend) if dividend else math.nan


def ceil_int32(replicas: float) -> int:
    """Rounded up, within 32 bits; no number counts as 0."""
    if math.isnan(replicas):
        return 0
    return math.ceil(max(-MAX_INT32 - 1, min(replicas, MAX_INT32)))
