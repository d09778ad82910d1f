"""What a metric with one value per pod wishes for.

Source: kubernetes pkg/controller/podautoscaler/replica_calculator.go, calcPlainMetricReplicas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.decide.recommendation import Tolerance, ceil_int32, quotient
from bridge.errors import MetricsUnavailable


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod and its value; an unlisted one is known by its value only."""

    name: str
    value_milli: int | None
    phase: str = "Running"
    deleted: bool = False
    listed: bool = True


@dataclass(frozen=True, slots=True)
class PerPod:
    """The wish, and what a pod had on average."""

    replicas: int
    usage_milli: int


def per_pod(pods: Sequence[Pod], target_milli: int, replicas: int, tolerance: Tolerance) -> PerPod:
    """Replicas so that a pod has the target on average; pods without value damp the change.

    Raises:
        MetricsUnavailable: there is no pod, or no value of one that counts.
    """
    listed = [pod for pod in pods if pod.listed]
    values = {pod.name: pod.value_milli for pod in pods if pod.value_milli is not None}
    if not listed or not values:
        raise MetricsUnavailable("no pods" if not listed else "no pod has a value")
    groups = _Groups(listed, values)
    counted = {name: value for name, value in values.items() if name not in groups.uncounted}
    if not counted:
        raise MetricsUnavailable("no value of a pod that counts (pods might be unready)")
    usage = _average(counted.values())
    ratio = quotient(usage, target_milli)
    up_unready = bool(groups.unready) and ratio > 1.0
    if up_unready or groups.missing:
        filled = groups.filled(counted, target_milli, ratio, up_unready=up_unready)
        return PerPod(_damped(filled, target_milli, replicas, ratio, tolerance), usage)
    wish = replicas if tolerance.spares(ratio) else ceil_int32(ratio * groups.ready)
    return PerPod(wish, usage)


class _Groups:
    """Who is unready, who has no value, who counts nowhere."""

    def __init__(self, listed: Iterable[Pod], values: Mapping[str, int]) -> None:
        self.unready: set[str] = set()
        self.missing: set[str] = set()
        self.uncounted: set[str] = set()
        self.ready = 0
        for pod in listed:
            match self._group(pod, values):
                case "ignored":
                    self.uncounted.add(pod.name)
                case "unready":
                    self.uncounted.add(pod.name)
                    self.unready.add(pod.name)
                case "missing":
                    self.missing.add(pod.name)
                case "ready":
                    self.ready += 1

    @staticmethod
    def _group(
        pod: Pod, values: Mapping[str, int]
    ) -> Literal["ignored", "unready", "missing", "ready"]:
        if pod.deleted or pod.phase == "Failed":
            return "ignored"
        if pod.phase == "Pending":
            return "unready"
        return "ready" if pod.name in values else "missing"

    def filled(
        self, values: Mapping[str, int], target: int, ratio: float, *, up_unready: bool
    ) -> dict[str, int]:
        """The values, with the least that each pod without one may be taken to have."""
        filled = dict(values)
        if ratio != 1.0:
            filled |= dict.fromkeys(self.missing, target if ratio < 1.0 else 0)
        if up_unready:
            filled |= dict.fromkeys(self.unready, 0)
        return filled


def _damped(
    values: Mapping[str, int], target: int, replicas: int, before: float, tolerance: Tolerance
) -> int:
    ratio = quotient(_average(values.values()), target)
    turned = before < 1.0 < ratio or ratio < 1.0 < before
    if turned or tolerance.spares(ratio):
        return replicas
    wish = ceil_int32(ratio * len(values))
    contrary = (ratio < 1.0 and wish > replicas) or (ratio > 1.0 and wish < replicas)
    return replicas if contrary else wish


def _average(values: Iterable[int]) -> int:
    """Integer division that truncates, as Go's."""
    given = list(values)
    size = abs(sum(given)) // len(given)
    return size if sum(given) >= 0 else -size
