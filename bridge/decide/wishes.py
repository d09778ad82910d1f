"""What the metrics of a policy recommend at a moment, now or past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bridge.decide.behavior import Bounds
from bridge.decide.dead_time import least_window
from bridge.decide.normalization import Flags, Order
from bridge.decide.pause import Pauses, paused_behavior
from bridge.decide.question import Asked, Question, Watch, fallback_of
from bridge.decide.wish import Scale
from bridge.evaluate.reading import Moment
from bridge.policy.bounds import hpa_bounds
from bridge.policy.model import ScalingPolicy

_MOST_KNOWN = 10_000


def asked(
    policy: ScalingPolicy, moment: Moment, current: int, failures: Mapping[str, int] | None = None
) -> Asked:
    """What the metrics recommend.

    `failures` are those in a row before this moment; without them no fallback stands in.
    """
    return Wished(policy).asked(moment, current, failures)


class Wished:
    """What a policy's metrics recommend: the policy's part in it, and each answer, worked out once.

    A backtest asks a hundred thousand times.
    """

    def __init__(self, policy: ScalingPolicy) -> None:
        self.policy = policy
        self.rests = policy.spec.rests
        self._orders: dict[float | None, Order] = {}
        self._tolerance = self.order().ignored
        self._fallback = fallback_of(policy.spec)
        self._watches = [Watch.of(policy, place) for place in range(len(policy.spec.metrics))]
        self._known: dict[int, tuple[Moment, int, Asked]] = {}
        """By the moment's id; it is kept beside, so that the id stays its own."""

    def order(self, dead_time: float | None = None) -> Order:
        """See order_of."""
        known = self._orders.get(dead_time)
        if known is None:
            self._orders[dead_time] = known = order_of(self.policy, dead_time)
        return known

    def at(self, moment: Moment, current: int) -> Asked:
        """What they recommend without any fallback; of the same moment the same answer."""
        known = self._known.get(id(moment))
        if known is None or known[1] != current:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[id(moment)] = known = moment, current, self.asked(moment, current)
        return known[2]

    def asked(
        self, moment: Moment, current: int, failures: Mapping[str, int] | None = None
    ) -> Asked:
        """See `asked`."""
        policy, scale = self.policy, Scale(current, current, moment.ready)
        question = Question(policy, moment, scale, self._tolerance)
        readings = {reading.metric: reading for reading in moment.readings}
        fallback = None if failures is None else self._fallback
        values = [
            question.valued(watch, readings[watch.metric.name], fallback, failures)
            for watch in self._watches
        ]
        if modifiers := policy.spec.scaling_modifiers:
            found = question.composed(modifiers, values)
            wishes = (replace(wish, field="spec.scalingModifiers") for wish in found.wishes)
            return replace(found, wishes=tuple(wishes))
        return question.each(values)


def order_of(policy: ScalingPolicy, dead_time: float | None = None) -> Order:
    """What the policy asks for, in the HPA's terms; 0 is not the HPA's where KEDA's rules hold.

    The measured `dead_time` (seconds) counts where the policy sets no window for the way down.
    """
    spec = policy.spec
    least = hpa_bounds(spec.min_replicas, None)[0] if spec.rests else spec.min_replicas
    behavior = paused_behavior(spec.behavior, Pauses.of(spec))
    flags = Flags(downscale_stabilization_s=least_window(dead_time))
    return Order(Bounds(least, spec.max_replicas), behavior, flags)
