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


def rate_limited(
    current: int, desired: int, bounds: Bounds, behavior: Behavior, changes: Changes
) -> Limited:
    """As far towards `desired` as the direction's policies and its bound let it go at once."""
    if desired > current:
        reach = max(rate_limit("up", current, behavior.scale_up, changes), current)
        most, why = (reach, Limit.UP) if bounds.most > reach else (bounds.most, Limit.MAX)
        return Limited(most, why) if desired > most else Limited(desired, Limit.NONE)
    if desired < current:
        reach = min(rate_limit("down", current, behavior.scale_down, changes), current)
        least, why = (reach, Limit.DOWN) if bounds.least < reach else (bounds.least, Limit.MIN)
        return Limited(least, why) if desired < least else Limited(desired, Limit.NONE)
    return Limited(desired, Limit.NONE)


def rate_limit(direction: Direction, current: int, rules: ScalingRules, changes: Changes) -> int:
    """The count that one direction's policies allow, whatever the bounds."""
    if rules.select_policy == "Disabled" or not rules.policies:
        return current
    reach = _raised if direction == "up" else _lowered
    limits = [reach(_period_start(current, rule, changes), rule) for rule in rules.policies]
    widest, narrowest = (max, min) if direction == "up" else (min, max)
    return narrowest(limits) if rules.select_policy == "Min" else widest(limits)


def _raised(start: int, rule: ScalingPolicyRule) -> int:
    return start + rule.value if rule.type == "Pods" else math.ceil(start * (1 + rule.value / 100))


def _lowered(start: int, rule: ScalingPolicyRule) -> int:
    return start - rule.value if rule.type == "Pods" else int(start * (1 - rule.value / 100))


def _period_start(current: int, rule: ScalingPolicyRule, changes: Changes) -> int:
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
