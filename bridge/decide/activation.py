"""To and from zero, or idle: KEDA's step outside the HPA.

Source: kedacore/keda pkg/scaling/executor/scale_scaledobjects.go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.decide.normalization import Condition
from bridge.decide.pause import Pauses

_READY = Condition("True", "")


@dataclass(frozen=True, slots=True)
class ActivationRules:
    """What the owner asks for; None is unset."""

    least: int | None = None
    idle: int | None = None
    cooldown: float = 300
    initial_cooldown: float = 0
    fallback_replicas: int | None = None

    @property
    def rest(self) -> int:
        """The count while nothing is active: idle if set, else the minimum, else 0."""
        return (self.least or 0) if self.idle is None else self.idle


@dataclass(frozen=True, slots=True)
class Activity:
    """Whether some trigger is active, some failed, and since when none was (None: never)."""

    active: bool
    failed: bool
    last_active_age: float | None
    known_age: float
    """How long the target has been watched."""


@dataclass(frozen=True, slots=True)
class Activation:
    """The step; `scale_to` None leaves the count alone."""

    active: bool
    active_reason: str
    scale_to: int | None = None
    ready: Condition = _READY
    marks_last_active: bool = False
    paused: bool = False


def activated(
    current: int, activity: Activity, rules: ActivationRules, pauses: Pauses
) -> Activation:
    """Whether the target is to be woken or put to rest."""
    if pauses.paused:
        return Activation(activity.active, "", paused=True)
    if activity.active or pauses.force_activation:
        return _awake(current, activity, rules, pauses)
    return _at_rest(current, activity, rules, pauses)


def _awake(current: int, activity: Activity, rules: ActivationRules, pauses: Pauses) -> Activation:
    step = Activation(active=True, active_reason="ScalerActive")
    least = rules.least or 0
    if current == 0 or (rules.idle is not None and current < least):
        if pauses.scale_out:
            return step
        return replace(step, scale_to=least if least > 0 else 1, marks_last_active=True)
    if activity.failed:
        return replace(step, ready=Condition("Unknown", "PartialTriggerError"))
    return replace(step, marks_last_active=True)


def _at_rest(
    current: int, activity: Activity, rules: ActivationRules, pauses: Pauses
) -> Activation:
    step = Activation(active=False, active_reason="ScalerNotActive")
    if activity.failed and rules.fallback_replicas is None:
        return replace(step, ready=Condition("False", "TriggerError"))
    if activity.failed and rules.fallback_replicas:
        return step
    above_idle = rules.idle is not None and current > rules.idle
    if above_idle or (current > 0 and not rules.least):
        return _down(step, activity, rules, pauses)
    if rules.idle is None and current < (rules.least or 0):
        return replace(step, scale_to=rules.least)
    return step


def _down(
    step: Activation, activity: Activity, rules: ActivationRules, pauses: Pauses
) -> Activation:
    if pauses.scale_in:
        return step
    if activity.last_active_age is None:
        cooled = activity.known_age > rules.initial_cooldown
    else:
        cooled = activity.last_active_age > rules.cooldown
    if cooled:
        return replace(step, scale_to=rules.rest)
    return replace(step, active_reason="ScalerCooldown")


def is_active(value: float, threshold: float = 0) -> bool:
    """A trigger is active above its threshold, not at it."""
    return value > threshold
