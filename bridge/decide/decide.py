"""From readings to a decision: the HPA's pass, and what we hold back beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge.decide.behavior import Limit
from bridge.decide.decision import Decision
from bridge.decide.recall import Known, recalled
from bridge.decide.reconcile import Cause, Pass, reconciled
from bridge.decide.wish import Wish
from bridge.decide.wishes import highest, order_of, wishes
from bridge.evaluate.reading import Moment, Observation
from bridge.policy.model import ScalingPolicy

_BOUND = {
    Cause.ABOVE_MAX: "above maxReplicas, set to",
    Cause.BELOW_MIN: "below minReplicas, set to",
}
_LIMITED = {
    Limit.UP: "limited by the scaling policies to",
    Limit.DOWN: "limited by the scaling policies to",
    Limit.MAX: "limited by maxReplicas to",
    Limit.MIN: "limited by minReplicas to",
    Limit.NONE: "set to",
}


def decide(policy: ScalingPolicy, observation: Observation, known: Known) -> Decision:
    """How many replicas the policy's target shall have, from what is known now."""
    count, now = known.committed, observation.now
    start = Decision(target=policy.target, policy=policy.name, current=count, desired=count)
    if known.override and known.override.holds(policy, now.at):
        return start.because(known.override.reason(policy))
    found = wishes(policy, now, count)
    result = reconciled(count, order_of(policy), found, recalled(policy, observation, known))
    decision = _explained(start, result, found)
    if result.wished is None:
        return decision
    decision = _held_unknown(decision, observation)
    return _held_in_flight(decision, policy, now, known)


def _explained(start: Decision, result: Pass, found: Sequence[Wish]) -> Decision:
    """The pass's count, with each step to it as a reason."""
    if result.cause in _BOUND and result.wished is None:
        return start.at(result.desired, _BOUND[result.cause])
    if result.wished is None and not result.error:
        return start.because("scaled to 0 in Git: left alone until a person scales it up")
    errors = tuple(wish.text for wish in found if wish.replicas is None)
    decision = replace(start, reasons=tuple(wish.text for wish in found), errors=errors)
    if result.normalized is None or result.wished is None:
        return decision.because(_why_no_wish(start.current, found))
    decision = replace(decision, desired=result.wished)
    decision = decision.at(result.normalized.stable, "held by the stabilization window at")
    return decision.at(result.desired, _LIMITED[result.normalized.limit])


def _why_no_wish(current: int, found: Sequence[Wish]) -> str:
    if all(wish.replicas is None for wish in found):
        return f"no metric is known: held at {current}"
    return f"no scale-down while a metric is unknown: held at {current}"


def _held_unknown(decision: Decision, observation: Observation) -> Decision:
    """No scale-down where the wishes of the window can't be known."""
    if decision.raises or not decision.changes or not observation.past.error:
        return decision
    unknown = f"the past of the metrics is unknown ({observation.past.error})"
    held = decision.at(decision.current, f"{unknown}: no scale-down, held at")
    return replace(held, errors=(*held.errors, unknown))


def _held_in_flight(
    decision: Decision, policy: ScalingPolicy, now: Moment, known: Known
) -> Decision:
    """Between a commit and ready pods the metrics show the old count: only raise meanwhile."""
    if decision.desired >= decision.current or now.ready in (None, decision.current):
        return decision
    ages = [(now.at - change.at).total_seconds() for change in known.changes]
    if not ages or min(ages) > policy.spec.in_flight_timeout:
        return decision
    flight = (
        f"in flight ({now.ready} ready of {decision.current} committed): no scale-down, held at"
    )
    return decision.at(decision.current, flight)


def window_to_know(policy: ScalingPolicy, now: Moment, committed: int) -> float:
    """Seconds of the metrics' past that the decision depends on; 0 where it needs none."""
    wish = highest(wishes(policy, now, committed))
    if wish is None or wish == committed:
        return 0
    windows = order_of(policy).windows
    return windows.up if wish > committed else windows.down
