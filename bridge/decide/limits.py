"""What stopped a wish on its way to the count, in words and by the policy's field."""

from __future__ import annotations

from bridge.decide.behavior import Limit
from bridge.decide.normalization import Normalized
from bridge.policy.model import Spec

_BOUND = {
    Limit.MAX: ("limited by maxReplicas to", "spec.maxReplicas"),
    Limit.MIN: ("limited by minReplicas to", "spec.minReplicas"),
    Limit.NONE: ("set to", ""),
}


def limited_by(spec: Spec, step: Normalized) -> tuple[str, str]:
    """Why (what follows is the count), and the field that asked for it."""
    if step.limit in _BOUND:
        return _BOUND[step.limit]
    up = step.limit == Limit.UP
    direction, rules = (
        ("scaleUp", spec.behavior.scale_up) if up else ("scaleDown", spec.behavior.scale_down)
    )
    field = f"spec.behavior.{direction}"
    if step.rule is not None:
        why = f"limited by {rules.policies[step.rule]} to"
        return why, f"{field}.policies.{step.rule}"
    if rules.select_policy == "Disabled":
        return "limited by selectPolicy Disabled to", f"{field}.selectPolicy"
    paused = "pausedScaleOut" if up else "pausedScaleIn"
    return f"limited by {paused} to", f"spec.{paused}"
