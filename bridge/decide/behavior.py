"""How far a count may move at once: HPA v2's scaling policies, and the cap before there were any.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go,
convertDesiredReplicasWithBehaviorRate and convertDesiredReplicasWithRules.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bridge.decide.memory import Change, changed
from bridge.policy.behavior import Behavior, ScalingPolicyRule, ScalingRules

Direction = Literal["up", "down"]


class Limit(StrEnum):
    """What stopped a count, by the HPA's name of it."""

    NONE = "DesiredWithinRange"
    MIN = "TooFewReplicas"
    MAX = "TooManyReplicas"
    UP = "ScaleUpLimit"
    DOWN = "ScaleDownLimit"


@dataclass(frozen=True, slots=True)
class Bounds:
    """minReplicas and maxReplicas."""

    least: int
    most: int

    def allow(self, count: int) -> bool:
        """Whether a count is within them."""
        return self.least <= count <= self.most


@dataclass(frozen=True, slots=True)
class Changes:
    """What was scaled of late, by direction."""

    ups: Sequence[Change] = ()
    downs: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class Limited:
    """A count, and what stopped it."""

    replicas: int
    limit: Limit
    rule: int | None = None
    """The place of the scaling policy that was it; None where none was."""


def rate_limited(
    current: int, desired: int, bounds: Bounds, behavior: Behavior, changes: Changes
) -> Limited:
    """As far towards `desired` as the direction's policies and its bound let it go at once."""
    if desired > current:
        reach, rule = decisive("up", current, behavior.scale_up, changes)
        limited = Limited(max(reach, current), Limit.UP, rule)
        if bounds.most <= limited.replicas:
            limited = Limited(bounds.most, Limit.MAX)
        return limited if desired > limited.replicas else Limited(desired, Limit.NONE)
    if desired < current:
        reach, rule = decisive("down", current, behavior.scale_down, changes)
        limited = Limited(min(reach, current), Limit.DOWN, rule)
        if bounds.least >= limited.replicas:
            limited = Limited(bounds.least, Limit.MIN)
        return limited if desired < limited.replicas else Limited(desired, Limit.NONE)
    return Limited(desired, Limit.NONE)


def rate_limit(direction: Direction, current: int, rules: ScalingRules, changes: Changes) -> int:
    """The count that one direction's policies allow, whatever the bounds."""
    return decisive(direction, current, rules, changes)[0]


def decisive(
    direction: Direction, current: int, rules: ScalingRules, changes: Changes
) -> tuple[int, int | None]:
    """The count that one direction's policies allow, and the place of the policy that says so."""
    if rules.select_policy == "Disabled" or not rules.policies:
        return current, None
    limits = [reached(direction, current, rule, changes) for rule in rules.policies]
    widest, narrowest = (max, min) if direction == "up" else (min, max)
    limit = narrowest(limits) if rules.select_policy == "Min" else widest(limits)
    return limit, limits.index(limit)


def reached(direction: Direction, current: int, rule: ScalingPolicyRule, changes: Changes) -> int:
    """How far one policy lets the count go, from where it was when the policy's period began."""
    start = period_start(current, rule, changes)
    return _raised(start, rule) if direction == "up" else _lowered(start, rule)


def _raised(start: int, rule: ScalingPolicyRule) -> int:
    return start + rule.value if rule.type == "Pods" else math.ceil(start * (1 + rule.value / 100))


def _lowered(start: int, rule: ScalingPolicyRule) -> int:
    return start - rule.value if rule.type == "Pods" else int(start * (1 - rule.value / 100))


def period_start(current: int, rule: ScalingPolicyRule, changes: Changes) -> int:
    """The count when the rule's period began."""
    period = rule.period_seconds
    return current - changed(changes.ups, period) + changed(changes.downs, period)


def factor_limited(
    current: int, desired: int, bounds: Bounds, factor: float, minimum: float
) -> Limited:
    """The cap of an HPA without `behavior`: `factor` times the count, at least `minimum`."""
    cap = int(max(factor * current, minimum))
    most, why = (cap, Limit.UP) if bounds.most > cap else (bounds.most, Limit.MAX)
    if desired < bounds.least:
        return Limited(bounds.least, Limit.MIN)
    if desired > most:
        return Limited(most, why)
    return Limited(desired, Limit.NONE)
