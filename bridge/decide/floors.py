"""Minimums that rise for a time: by a schedule's open window, or by an alert that fires."""

from __future__ import annotations

from bridge.decide.alerts import with_alerts
from bridge.decide.decision import Decision
from bridge.decide.recall import Known
from bridge.decide.schedule import raised_minimum
from bridge.evaluate.reading import Observation
from bridge.policy.model import ScalingPolicy


def raised(
    decision: Decision, policy: ScalingPolicy, observation: Observation, known: Known
) -> Decision:
    """Not below the highest minimum that holds now."""
    schedules = policy.spec.schedules
    window = raised_minimum(schedules, observation.now.at) if schedules else None
    if window is not None and decision.desired < window.min_replicas:
        field = f"spec.schedules.{schedules.index(window)}.minReplicas"
        why = f"schedule {window.name} raises the minimum to"
        decision = decision.at(window.min_replicas, why, field)
    return with_alerts(decision, policy, observation, known)
