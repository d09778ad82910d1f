"""Rest at 0 or idleReplicas: whether a policy asks for it, and what each step of it says."""

from __future__ import annotations

from datetime import datetime

from bridge.decide.activation import Activation, ActivationRules, activated
from bridge.decide.decision import Decision
from bridge.decide.pause import Pauses
from bridge.decide.question import Asked
from bridge.decide.recall import activity
from bridge.decide.schedule import raised_minimum
from bridge.decide.wishes import Wished
from bridge.evaluate.reading import Observation
from bridge.policy.model import ScalingPolicy, Spec

_COOLDOWN_S = 300.0


def cooldown_of(policy: ScalingPolicy) -> float:
    """Seconds without activity before a target is put to rest; KEDA's default where unset."""
    given = policy.spec.cooldown_period
    return _COOLDOWN_S if given is None else given


def rest_rules(policy: ScalingPolicy) -> ActivationRules:
    """KEDA's rules with the policy's numbers."""
    spec, cooldown = policy.spec, cooldown_of(policy)
    return ActivationRules(spec.min_replicas, spec.idle_replicas, cooldown, cooldown)


def rest_step(
    wished: Wished, observation: Observation, found: Asked, count: int
) -> Activation | None:
    """KEDA's step outside the HPA; None where the policy doesn't ask for it."""
    if not wished.rests:
        return None
    policy, seen = wished.policy, activity(wished, observation, found, count)
    return activated(count, seen, rest_rules(policy), Pauses.of(policy.spec))


def woken_to(count: int, told: Decision, spec: Spec, found: Asked, now: datetime) -> Decision:
    """From rest to work, by a metric or by a schedule."""
    window = None if found.active else raised_minimum(spec.schedules, now)
    if window is None:
        return told.at(count, "a metric is active: woken to")
    field = f"spec.schedules.{spec.schedules.index(window)}"
    return told.at(count, f"schedule {window.name} is open: woken to", field)


def put_to_rest(told: Decision, count: int) -> Decision:
    """From work to rest."""
    why = "no metric was active for the cooldown period: set to"
    return told.at(count, why, "spec.cooldownPeriod")


def left_at_rest(told: Decision, spec: Spec, found: Asked, *, awake: bool) -> Decision:
    """At rest and no reason to wake it, or none that pausedScaleOut lets through."""
    known = "known to be " if found.failed else ""
    why, field = f"no metric is {known}active", _rest_field(spec)
    if awake:
        why, field = "pausedScaleOut: not woken", "spec.pausedScaleOut"
    return told.because(f"{why}, at rest at {told.current}", field)


def _rest_field(spec: Spec) -> str:
    return "spec.minReplicas" if spec.idle_replicas is None else "spec.idleReplicas"


def cooling_down(told: Decision, policy: ScalingPolicy) -> Decision:
    """Nothing is active, but not yet for long enough."""
    why = f"no metric is active: cooling down for {cooldown_of(policy):g} s"
    return told.because(why, "spec.cooldownPeriod")
