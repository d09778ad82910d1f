"""From readings to a decision, in the HPA's order: wishes, stabilisation, rate, limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.decide.behavior import Change, Recommended, rate_limited, stabilized
from bridge.decide.decision import Decision
from bridge.decide.override import Override
from bridge.decide.recommendation import Tolerance, average_value, to_milli, whole_value
from bridge.evaluate.reading import Moment, Observation, Reading
from bridge.policy.model import Metric, ScalingPolicy
from bridge.units import plain


@dataclass(frozen=True, slots=True)
class Scaled:
    """A change of the target's committed count, from the log."""

    at: datetime
    by: int


@dataclass(frozen=True, slots=True)
class Known:
    """What Git knows of the target: the count at the tip, its past changes, a person's order."""

    committed: int
    changes: tuple[Scaled, ...] = ()
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """One metric's recommendation; None, and why, where it has none."""

    replicas: int | None
    text: str


def wishes(policy: ScalingPolicy, moment: Moment, current: int) -> list[Wish]:
    """What each metric recommends, in the policy's order."""
    by_name = {reading.metric: reading for reading in moment.readings}
    return [_wish(policy, m, by_name[m.name], moment, current) for m in policy.spec.metrics]


def _wish(
    policy: ScalingPolicy, metric: Metric, reading: Reading, moment: Moment, current: int
) -> Wish:
    if reading.value is None:
        return Wish(None, f"{metric.name} unknown ({reading.error})")
    up, down = policy.spec.behavior.scale_up, policy.spec.behavior.scale_down
    tolerance = Tolerance(float(up.tolerance), float(down.tolerance))
    usage, goal = to_milli(reading.value), metric.target.milli
    shown = f"{metric.name} {plain(usage)}"
    if metric.target.type == "AverageValue":
        wish = average_value(usage, goal, current, tolerance)
        return Wish(wish, f"{shown} at {plain(goal)} per replica asks for {wish}")
    if moment.ready is None:
        return Wish(None, f"{shown} needs live ready replicas ({moment.ready_error or 'unknown'})")
    wish = whole_value(usage, goal, current, moment.ready, tolerance)
    return Wish(wish, f"{shown} against {plain(goal)} with {moment.ready} ready asks for {wish}")


def decide(policy: ScalingPolicy, observation: Observation, known: Known) -> Decision:
    """How many replicas the policy's target shall have, from what is known now."""
    count = known.committed
    start = Decision(target=policy.target, policy=policy.name, current=count, desired=count)
    spec, now = policy.spec, observation.now
    if known.override and known.override.holds(policy, now.at):
        return start.because(known.override.reason(policy))
    if count == 0 and spec.min_replicas > 0:
        return start.because("scaled to 0 in Git: left alone until a person scales it up")
    if count > spec.max_replicas:
        return start.at(spec.max_replicas, "above maxReplicas, set to")
    if count < spec.min_replicas:
        return start.at(spec.min_replicas, "below minReplicas, set to")
    found = wishes(policy, now, count)
    wished = _wished(replace(start, errors=_errors(found)), found)
    if not wished.changes:
        return wished
    behaved = _behaved(wished, policy, observation, known.changes)
    return _held_in_flight(behaved, policy, now, known.changes)


def _errors(found: Iterable[Wish]) -> tuple[str, ...]:
    return tuple(wish.text for wish in found if wish.replicas is None)


def _wished(start: Decision, found: Sequence[Wish]) -> Decision:
    """The highest wish; where a metric failed, never one below the current count."""
    for wish in found:
        start = start.because(wish.text)
    known = [wish.replicas for wish in found if wish.replicas is not None]
    if not known:
        return start.because(f"no metric is known: held at {start.current}")
    best = max(known)
    if best < start.current and len(known) < len(found):
        return start.because(f"no scale-down while a metric is unknown: held at {start.current}")
    return replace(start, desired=best)


def _behaved(
    wished: Decision, policy: ScalingPolicy, observation: Observation, changes: Sequence[Scaled]
) -> Decision:
    behavior, now = policy.spec.behavior, observation.now.at
    if observation.past.error and wished.desired < wished.current:
        unknown = f"the past of the metrics is unknown ({observation.past.error})"
        held = wished.at(wished.current, f"{unknown}: no scale-down, held at")
        return replace(held, errors=(*held.errors, unknown))
    past = _recommended(policy, observation.past.moments, now, wished.current)
    ages = [Change((now - change.at).total_seconds(), change.by) for change in changes]
    steady = stabilized(wished.current, wished.desired, behavior, past)
    decision = wished.at(steady, "held by the stabilization window at")
    limited = rate_limited(decision.current, decision.desired, behavior, ages)
    decision = decision.at(limited, "limited by the scaling policies to")
    bounded = min(max(decision.desired, policy.spec.min_replicas), policy.spec.max_replicas)
    limit = "maxReplicas" if bounded < decision.desired else "minReplicas"
    return decision.at(bounded, f"limited by {limit} to")


def _recommended(
    policy: ScalingPolicy, moments: Iterable[Moment], now: datetime, committed: int
) -> list[Recommended]:
    """What the metrics wished for at each moment of the window, from the recorded series."""
    past = []
    for moment in moments:
        replicas = committed if moment.ready is None else moment.ready
        known = [w.replicas for w in wishes(policy, moment, replicas) if w.replicas is not None]
        if known:
            past.append(Recommended((now - moment.at).total_seconds(), max(known)))
    return past


def _held_in_flight(
    decision: Decision, policy: ScalingPolicy, now: Moment, changes: Sequence[Scaled]
) -> Decision:
    """Between a commit and ready pods the metrics show the old count: only raise meanwhile."""
    if decision.desired >= decision.current or now.ready in (None, decision.current):
        return decision
    ages = [(now.at - change.at).total_seconds() for change in changes]
    if not ages or min(ages) > policy.spec.in_flight_timeout:
        return decision
    flight = (
        f"in flight ({now.ready} ready of {decision.current} committed): no scale-down, held at"
    )
    return decision.at(decision.current, flight)


def window_to_know(policy: ScalingPolicy, now: Moment, committed: int) -> float:
    """Seconds of the metrics' past that the decision depends on; 0 where it needs none."""
    known = [w.replicas for w in wishes(policy, now, committed) if w.replicas is not None]
    if not known or max(known) == committed:
        return 0
    behavior = policy.spec.behavior
    rules = behavior.scale_up if max(known) > committed else behavior.scale_down
    return rules.stabilization_window_seconds
