"""A decision's reason in one word of a closed set, for counting; its steps tell it in full."""

from __future__ import annotations

from typing import Final, Literal, get_args

from bridge.decide.decision import Decision

Reason = Literal[
    "adopted",
    "alert",
    "behavior",
    "fallback",
    "in_flight",
    "maximum",
    "metric",
    "minimum",
    "other",
    "override",
    "paused",
    "quarrel",
    "rest",
    "schedule",
    "unknown",
]
REASONS: Final = get_args(Reason)

_BY_FIELD: Final[dict[str, Reason]] = {
    "alerts": "alert",
    "behavior": "behavior",
    "cooldownPeriod": "rest",
    "fallback": "fallback",
    "idleReplicas": "rest",
    "inFlightTimeout": "in_flight",
    "maxReplicas": "maximum",
    "metrics": "metric",
    "minReplicas": "minimum",
    "overrideHold": "override",
    "paused": "paused",
    "pausedReplicas": "paused",
    "pausedScaleIn": "paused",
    "pausedScaleOut": "paused",
    "pausedUntil": "paused",
    "scalingModifiers": "metric",
    "schedules": "schedule",
}


def reason_of(decision: Decision) -> Reason:
    """What had the last word: a person, what is not known, or the field of the policy."""
    if decision.adopts:
        return "adopted"
    if decision.hold:
        return "quarrel" if decision.hold.override.rivals else "override"
    if decision.errors:
        return "unknown"
    fields = [step.field for step in decision.steps if step.field]
    last = fields[-1].removeprefix("spec.").partition(".")[0] if fields else ""
    return _BY_FIELD.get(last, "other")
