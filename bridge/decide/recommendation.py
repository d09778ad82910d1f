"""What one metric wishes for: the HPA's arithmetic, on thousandths and IEEE doubles as there.

Source: kubernetes pkg/controller/podautoscaler/replica_calculator.go, GetExternalMetricReplicas
(Value) and GetExternalPerPodMetricReplicas (AverageValue).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_MAX_INT32 = 2**31 - 1
_MAX_INT64 = 2**63 - 1


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
    if replicas and tolerance.spares(usage_milli / (target_milli * replicas)):
        return replicas
    return _up(usage_milli / target_milli)


def whole_value(
    usage_milli: int, target_milli: int, replicas: int, ready: int, tolerance: Tolerance
) -> int:
    """Replicas in proportion to what lives: ceil(ready * usage / target)."""
    ratio = usage_milli / target_milli
    if replicas == 0:
        return _up(ratio)
    return replicas if tolerance.spares(ratio) else _up(ratio * ready)


def to_milli(value: float) -> int:
    """A sample in thousandths: three decimals, round half even on the binary value."""
    thousandths = float(f"{value:.3f}") * 1000
    return round(max(-_MAX_INT64, min(thousandths, _MAX_INT64)))


def _up(replicas: float) -> int:
    return min(math.ceil(max(replicas, 0.0)), _MAX_INT32) if replicas < _MAX_INT32 else _MAX_INT32
