"""Where a person has the say and not the metrics: an override that holds, or a pause."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bridge.decide.decision import Decision
from bridge.decide.override import Hold, Override
from bridge.decide.recall import Known
from bridge.policy.model import ScalingPolicy, Spec


def is_suspended(policy: ScalingPolicy, known: Known, now: datetime) -> bool:
    """Whether the metrics have no say now."""
    return _held_by(policy, known, now) is not None or policy.spec.paused_at(now)


def suspended(start: Decision, policy: ScalingPolicy, known: Known, now: datetime) -> Decision:
    """The count that a person's commit or the pause asks for; a person's commit goes first."""
    override = _held_by(policy, known, now)
    return _held(start, policy, override) if override else _paused(start, policy.spec)


def _held_by(policy: ScalingPolicy, known: Known, now: datetime) -> Override | None:
    override = known.override
    return override if override and override.holds(policy, now) else None


def _held(start: Decision, policy: ScalingPolicy, override: Override) -> Decision:
    hold = Hold(override, override.until(policy))
    return replace(start, hold=hold).because(override.reason(policy), override.field)


def _paused(start: Decision, spec: Spec) -> Decision:
    until = ""
    if spec.paused_until:
        until = f" until {spec.paused_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if spec.paused_replicas is None:
        return start.because(f"paused{until} at {start.current}", _pausing_field(spec))
    if spec.paused_replicas == start.current:
        return start.because(
            f"paused{until} at pausedReplicas {start.current}", "spec.pausedReplicas"
        )
    why = f"paused{until}: set to pausedReplicas"
    return start.at(spec.paused_replicas, why, "spec.pausedReplicas")


def _pausing_field(spec: Spec) -> str:
    return "spec.pausedUntil" if spec.paused_until else "spec.paused"
