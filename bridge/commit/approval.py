"""Which decisions wait for a person's approval, in which pull request, and why."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bridge.decide.decision import Decision
from bridge.policy.approval import Approval
from bridge.policy.model import ScalingPolicy


@dataclass(frozen=True, slots=True)
class Needed:
    """An approval that a decision needs."""

    group: str
    why: str


def approval_needed(
    decision: Decision, policy: ScalingPolicy, *, otherwise: str = "", always: str = ""
) -> Needed | None:
    """By the policy's own rule; `otherwise` is why changes need it that no rule speaks of, and
    `always` why all of them do."""
    if not decision.changes:
        return None
    rule = policy.spec.approval
    if rule is not None and _exceeds(decision, rule.when_change_exceeds):
        limit = f"{float(rule.when_change_exceeds * 100):g}%"
        return Needed(rule.group, f"a change by {_share(decision)} exceeds {limit}")
    why = always or (otherwise if rule is None else "")
    return Needed(group_of(policy), why) if why else None


def _exceeds(decision: Decision, limit: Fraction) -> bool:
    """From 0, any change is beyond all shares."""
    return abs(decision.desired - decision.current) > limit * decision.current


def _share(decision: Decision) -> str:
    if decision.current == 0:
        return "more than any share"
    share = Fraction(abs(decision.desired - decision.current), decision.current)
    return f"{round(float(share * 100))}%"


def group_of(policy: ScalingPolicy) -> str:
    """The pull request that the policy's changes would go to."""
    return (policy.spec.approval or Approval()).group
