"""The HPA's pass over one target: bounds, wishes, windows and rates, with cause and conditions.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bridge.decide.memory import Memory, Recommended, with_change
from bridge.decide.normalization import Condition, Normalized, Order, normalized
from bridge.decide.wish import Wish


class Cause(StrEnum):
    """Why a target is scaled."""

    ABOVE_MAX = "above_max"
    BELOW_MIN = "below_min"
    METRIC_ABOVE = "metric_above_target"
    METRICS_BELOW = "all_metrics_below_target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one pass came to."""

    current: int
    desired: int
    order: Order
    memory: Memory
    cause: Cause | None = None
    error: bool = False
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    wished: int | None = None
    """The wish that counted, where the metrics were asked and known."""
    normalized: Normalized | None = None

    @property
    def rescales(self) -> bool:
        """Whether there is anything to write."""
        return self.desired != self.current


_READ = Condition("True", "SucceededGetScale")


def reconciled(current: int, order: Order, wishes: Sequence[Wish], memory: Memory) -> Pass:
    """The count that shall be written, before it is."""
    if memory.recommended is None:
        memory = replace(memory, recommended=(Recommended(0, current),))
    start = Pass(
        current=current,
        desired=current,
        order=order,
        memory=memory,
        conditions={"AbleToScale": _READ},
    )
    bounds = order.bounds
    asleep = current == 0 and order.flags.zero_mode == "condition"
    if _left_alone(current, order, memory):
        return _with(start, ScalingActive=Condition("False", "ScalingDisabled"))
    if current > bounds.most:
        return replace(start, desired=bounds.most, cause=Cause.ABOVE_MAX)
    if current < bounds.least and not asleep:
        return replace(start, desired=bounds.least, cause=Cause.BELOW_MIN)
    return _by_metrics(start, wishes)


def _left_alone(current: int, order: Order, memory: Memory) -> bool:
    """Whether a count of 0 is somebody else's, and not to be touched."""
    if current:
        return False
    if order.flags.zero_mode == "legacy":
        return order.bounds.least != 0
    return not (memory.scaled_to_zero and (order.bounds.least != 0 or order.wakes))


def _by_metrics(start: Pass, wishes: Sequence[Wish]) -> Pass:
    known = [wish.replicas for wish in wishes if wish.replicas is not None]
    failures = [wish.failure for wish in wishes if wish.replicas is None]
    best = max([0, *known])
    if not known or (failures and best < start.current):
        reason = failures[0] if failures else ""
        failed = _with(start, ScalingActive=Condition("False", reason))
        return replace(failed, error=True)
    step = normalized(start.current, best, start.order, start.memory)
    found = Pass(
        current=start.current,
        desired=step.replicas,
        order=start.order,
        memory=start.memory.recommending(step.recommended),
        cause=_cause(start.current, best),
        error=bool(failures),
        conditions={
            "ScalingActive": Condition("True", "ValidMetricFound"),
            "AbleToScale": step.able_to_scale,
            "ScalingLimited": step.scaling_limited,
        },
        wished=best,
        normalized=step,
    )
    return _woken(found)


def _cause(current: int, best: int) -> Cause | None:
    if best == current:
        return None
    return Cause.METRIC_ABOVE if best > current else Cause.METRICS_BELOW


def _woken(found: Pass) -> Pass:
    """From a 0 of our own at least to a minimum that was raised meanwhile."""
    least = found.order.bounds.least
    if found.current == 0 and found.desired < least:
        return replace(found, desired=least, cause=found.cause or Cause.BELOW_MIN)
    return found


def written(found: Pass) -> Pass:
    """The pass after its count was written: conditions, and what the next pass remembers."""
    if not found.rescales:
        return replace(found, cause=None)
    after = _with(found, AbleToScale=Condition("True", "SucceededRescale"))
    memory = _with_event(found)
    if found.order.flags.zero_mode == "condition":
        zero = found.desired == 0 == found.order.bounds.least and found.order.wakes
        memory = replace(memory, scaled_to_zero=zero)
        status = (
            Condition("True", "ScaledToZero") if zero else Condition("False", "NotScaledToZero")
        )
        after = _with(after, ScaledToZero=status)
    return replace(after, memory=memory)


def _with_event(found: Pass) -> Memory:
    memory, behavior = found.memory, found.order.behavior
    if behavior is None:
        return memory
    by = found.desired - found.current
    if by > 0:
        return replace(memory, ups=with_change(memory.ups, behavior.scale_up, by))
    return replace(memory, downs=with_change(memory.downs, behavior.scale_down, -by))


def _with(found: Pass, **conditions: Condition) -> Pass:
    return replace(found, conditions={**found.conditions, **conditions})
