"""HPA v2's `behavior`: stabilisation windows first, then the rates of change.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go,
stabilizeRecommendationWithBehaviors and convertDesiredReplicasWithBehaviorRate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from bridge.policy.model import Behavior, ScalingPolicyRule, ScalingRules


@dataclass(frozen=True, slots=True)
class Recommended:
    """What the metrics wished for, `age` seconds ago."""

    age: float
    replicas: int


@dataclass(frozen=True, slots=True)
class Change:
    """A scaling `age` seconds ago: positive is up."""

    age: float
    by: int


def stabilized(current: int, desired: int, behavior: Behavior, past: Iterable[Recommended]) -> int:
    """No lower than the highest wish of the down window, no higher than the lowest of the up's."""
    up_window = behavior.scale_up.stabilization_window_seconds
    down_window = behavior.scale_down.stabilization_window_seconds
    past = tuple(past)
    low = min([desired, *(r.replicas for r in past if r.age < up_window)])
    high = max([desired, *(r.replicas for r in past if r.age < down_window)])
    return min(max(current, low), high)


def rate_limited(current: int, desired: int, behavior: Behavior, changes: Iterable[Change]) -> int:
    """As far towards `desired` as the direction's policies let it go at once."""
    changes = tuple(changes)
    if desired > current:
        return min(desired, max(_limit_up(current, behavior.scale_up, changes), current))
    if desired < current:
        return max(desired, min(_limit_down(current, behavior.scale_down, changes), current))
    return desired


def _limit_up(current: int, rules: ScalingRules, changes: tuple[Change, ...]) -> int:
    if rules.select_policy == "Disabled":
        return current
    limits = []
    for rule in rules.policies:
        start = _period_start(current, rule, changes)
        grown = math.ceil(start * (1 + rule.value / 100))
        limits.append(start + rule.value if rule.type == "Pods" else grown)
    return min(limits) if rules.select_policy == "Min" else max(limits)


def _limit_down(current: int, rules: ScalingRules, changes: tuple[Change, ...]) -> int:
    if rules.select_policy == "Disabled":
        return current
    limits = []
    for rule in rules.policies:
        start = _period_start(current, rule, changes)
        shrunk = int(start * (1 - rule.value / 100))
        limits.append(start - rule.value if rule.type == "Pods" else shrunk)
    return max(limits) if rules.select_policy == "Min" else min(limits)


def _period_start(current: int, rule: ScalingPolicyRule, changes: tuple[Change, ...]) -> int:
    """The count when the rule's period began."""
    return current - sum(change.by for change in changes if change.age < rule.period_seconds)
