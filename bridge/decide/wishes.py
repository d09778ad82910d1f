"""What the metrics of a policy recommend at a moment, now or past."""

from __future__ import annotations

from bridge.decide.behavior import Bounds
from bridge.decide.normalization import Order
from bridge.decide.recommendation import to_milli
from bridge.decide.wish import Goal, Scale, Wish, failure_of, wish_of_samples
from bridge.errors import MetricsUnavailable
from bridge.evaluate.reading import Moment, Reading
from bridge.policy.model import Metric, ScalingPolicy
from bridge.units import plain


def order_of(policy: ScalingPolicy) -> Order:
    """What the policy asks for, in the HPA's terms."""
    spec = policy.spec
    return Order(Bounds(spec.min_replicas, spec.max_replicas), spec.behavior)


def wishes(policy: ScalingPolicy, moment: Moment, current: int) -> list[Wish]:
    """What each metric recommends, in the policy's order."""
    by_name = {reading.metric: reading for reading in moment.readings}
    return [_wish(policy, m, by_name[m.name], moment, current) for m in policy.spec.metrics]


def highest(found: list[Wish]) -> int | None:
    """The wish that counts; None where no metric is known."""
    return max((wish.replicas for wish in found if wish.replicas is not None), default=None)


def _wish(
    policy: ScalingPolicy, metric: Metric, reading: Reading, moment: Moment, current: int
) -> Wish:
    if reading.value is None:
        return Wish(None, f"{metric.name} unknown ({reading.error})", failure_of("External"))
    usage, goal = to_milli(reading.value), Goal(metric.target.type, metric.target.milli)
    scale, shown = Scale(current, current, moment.ready), f"{metric.name} {plain(usage)}"
    try:
        wish = wish_of_samples([usage], goal, scale, order_of(policy).tolerance)
    except MetricsUnavailable as error:
        text = f"{shown} {error} ({moment.ready_error or 'unknown'})"
        return Wish(None, text, failure_of("External"))
    if goal.type == "AverageValue":
        return Wish(wish, f"{shown} at {plain(goal.milli)} per replica asks for {wish}")
    ready = f"with {moment.ready} ready"
    return Wish(wish, f"{shown} against {plain(goal.milli)} {ready} asks for {wish}")
