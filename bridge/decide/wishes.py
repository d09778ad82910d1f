"""What the metrics of a policy recommend at a moment, now or past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.decide.activation import is_active
from bridge.decide.behavior import Bounds
from bridge.decide.dead_time import least_window
from bridge.decide.fallback import Answer, Fallback, Health, Watched, with_fallback
from bridge.decide.modifiers import ScalingModifiers
from bridge.decide.normalization import Flags, Order
from bridge.decide.pause import Pauses, paused_behavior
from bridge.decide.recommendation import Tolerance, quotient, to_milli, total
from bridge.decide.wish import Goal, Scale, Wish, failure_of, wish_of_samples
from bridge.errors import MetricsUnavailable
from bridge.evaluate.reading import Ahead, Moment, Reading
from bridge.policy.bounds import hpa_bounds
from bridge.policy.keda import ScalingModifiersPolicy
from bridge.policy.metric import Metric
from bridge.policy.model import ScalingPolicy, Spec
from bridge.units import plain

_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """The wishes of a moment, in the policy's order, and whether any metric is active."""

    wishes: tuple[Wish, ...]
    active: bool
    errors: tuple[str, ...] = ()
    """What is unknown, also where a fallback stands in for it."""
    above: tuple[str, ...] = ()
    """The `Value` metrics beyond their target, as they were measured."""

    @property
    def highest(self) -> int | None:
        """The wish that counts; None where no metric is known."""
        known = (wish.replicas for wish in self.wishes if wish.replicas is not None)
        return max(known, default=None)

    @property
    def failed(self) -> bool:
        """Whether some wish is unknown."""
        return any(wish.replicas is None for wish in self.wishes)


def asked(
    policy: ScalingPolicy, moment: Moment, current: int, failures: Mapping[str, int] | None = None
) -> Asked:
    """What the metrics recommend.

    `failures` are those in a row before this moment; without them no fallback stands in.
    """
    scale, tolerance = Scale(current, current, moment.ready), order_of(policy).tolerance
    question = _Question(policy, moment, scale, tolerance)
    readings = {reading.metric: reading for reading in moment.readings}
    metrics = policy.spec.metrics
    values = [question.valued(m, readings[m.name], failures) for m in metrics]
    if modifiers := policy.spec.scaling_modifiers:
        found = question.composed(modifiers, values)
        wishes = (replace(wish, field="spec.scalingModifiers") for wish in found.wishes)
        return replace(found, wishes=tuple(wishes))
    return question.each(values)


class Wished:
    """What a policy's metrics recommend at moments, without any fallback: worked out once each."""

    def __init__(self, policy: ScalingPolicy) -> None:
        self._policy = policy
        self._known: dict[tuple[datetime, int], tuple[Moment, Asked]] = {}

    def at(self, moment: Moment, current: int) -> Asked:
        """The same as `asked`."""
        key = moment.at, current
        known = self._known.get(key)
        if known is None or known[0] is not moment:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[key] = known = moment, asked(self._policy, moment, current)
        return known[1]


def order_of(policy: ScalingPolicy, dead_time: float | None = None) -> Order:
    """What the policy asks for, in the HPA's terms; 0 is not the HPA's where KEDA's rules hold.

    The measured `dead_time` (seconds) counts where the policy sets no window for the way down.
    """
    spec = policy.spec
    least = hpa_bounds(spec.min_replicas, None)[0] if spec.rests else spec.min_replicas
    behavior = paused_behavior(spec.behavior, Pauses.of(spec))
    flags = Flags(downscale_stabilization_s=least_window(dead_time))
    return Order(Bounds(least, spec.max_replicas), behavior, flags)


def fallback_of(spec: Spec) -> Fallback | None:
    """The policy's fallback."""
    given = spec.fallback
    if given is None:
        return None
    return Fallback(given.failure_threshold, given.replicas, given.behavior)


@dataclass(frozen=True, slots=True)
class _Value:
    """A metric's reading, and its value after fallback."""

    metric: Metric
    reading: Reading
    answer: Answer

    @property
    def active(self) -> bool:
        if self.reading.value is None:
            return self.answer.active
        return is_active(self.reading.value, float(self.metric.activation_value or 0))

    @property
    def failures(self) -> int:
        return self.answer.health.get(self.metric.name, Health()).failures

    @property
    def unknown(self) -> str:
        why = f"{self.metric.name} unknown ({self.reading.error})"
        return f"{why}, {self.answer.error}" if self.answer.error else why


@dataclass(frozen=True, slots=True)
class _Question:
    policy: ScalingPolicy
    moment: Moment
    scale: Scale
    tolerance: Tolerance

    def valued(
        self, metric: Metric, reading: Reading, failures: Mapping[str, int] | None
    ) -> _Value:
        spec, target, kind = self.policy.spec, metric.target.milli / 1000, metric.target.type
        if modifiers := spec.scaling_modifiers:
            target, kind = float(modifiers.target), modifiers.metric_type
        fallback = None if failures is None else fallback_of(spec)
        health = {name: Health(count, count > 0) for name, count in (failures or {}).items()}
        milli = None if reading.value is None else to_milli(reading.value)
        watched = Watched(metric.name, target, kind, fallback)
        return _Value(metric, reading, with_fallback(milli, watched, health, self.scale))

    def each(self, values: list[_Value]) -> Asked:
        """A wish per metric."""
        wishes = tuple(
            replace(self._wish_of(value), field=f"spec.metrics.{position}")
            for position, value in enumerate(values)
        )
        unknown = [wish.text for wish in wishes if wish.replicas is None]
        unknown += [value.unknown for value in values if value.answer.active]
        above = tuple(value.metric.name for value in values if self._is_above(value))
        return Asked(wishes, any(value.active for value in values), tuple(unknown), above)

    def _is_above(self, value: _Value) -> bool:
        metric, milli = value.metric, value.answer.milli
        if milli is None or value.reading.value is None:
            return False
        return self._exceeds(milli, Goal(metric.target.type, metric.target.milli))

    def _exceeds(self, milli: int, goal: Goal) -> bool:
        most = 1.0 + self.tolerance.up
        return goal.type == "Value" and quotient(float(total([milli])), goal.milli) > most

    def _wish_of(self, value: _Value) -> Wish:
        metric, milli = value.metric, value.answer.milli
        if milli is None or (value.reading.value is None and not value.answer.active):
            return _no_wish(value.unknown)
        shown = f"{metric.name} {plain(milli)}"
        goal = Goal(metric.target.type, metric.target.milli)
        if value.answer.active:
            shown = f"{value.unknown}, fallback: {shown}"
            return replace(self._wish(goal, milli, shown), ratio=False)
        if ahead := value.reading.ahead:
            return self._foreseen(goal, milli, ahead, shown)
        return self._wish(goal, milli, shown)

    def _foreseen(self, goal: Goal, milli: int, ahead: Ahead, shown: str) -> Wish:
        """Never less than for the value now."""
        if ahead.value is None:
            return self._wish(goal, milli, f"{shown} ({foreseen(ahead)})")
        shown = f"{shown}, {foreseen(ahead)},"
        return max(
            self._wish(goal, milli, shown),
            self._wish(goal, to_milli(ahead.value), shown),
            key=lambda wish: wish.replicas or 0,
        )

    def composed(self, given: ScalingModifiersPolicy, values: list[_Value]) -> Asked:
        """One wish, of the formula's value; or of the fallback where one stands in."""
        errors = tuple(value.unknown for value in values if value.reading.value is None)
        goal = Goal(given.metric_type, given.milli)
        for value in values:
            if value.answer.active and value.answer.milli is not None:
                shown = f"{value.unknown}, fallback: formula {plain(value.answer.milli)}"
                wish = replace(self._wish(goal, value.answer.milli, shown), ratio=False)
                return Asked((wish,), active=True, errors=errors)
        if any(value.answer.milli is None for value in values):
            return Asked((_no_wish("; ".join(errors)),), active=False, errors=errors)
        try:
            found = self._modifiers(given).composite(
                {value.metric.name: (value.answer.milli or 0) / 1000 for value in values},
                fallback_of(self.policy.spec),
                {value.metric.name: value.failures for value in values},
            )
        except MetricsUnavailable as error:
            return Asked((_no_wish(str(error)),), active=False, errors=(*errors, str(error)))
        wish = self._wish(goal, found.milli, f"formula {plain(found.milli)}")
        above = ("formula",) if self._exceeds(found.milli, goal) else ()
        return Asked((wish,), found.active, errors, above)

    def _modifiers(self, given: ScalingModifiersPolicy) -> ScalingModifiers:
        names = tuple(metric.name for metric in self.policy.spec.metrics)
        activation = float(given.activation_target or 0)
        return ScalingModifiers(given.formula, names, float(given.target), activation)

    def _wish(self, goal: Goal, milli: int, shown: str) -> Wish:
        if goal.type == "Value" and self.scale.ready == 0 < self.scale.spec:
            return _no_wish(f"{shown} tells nothing with 0 ready of {self.scale.spec} committed")
        try:
            wish = wish_of_samples([milli], goal, self.scale, self.tolerance)
        except MetricsUnavailable as error:
            return _no_wish(f"{shown} {error} ({self.moment.ready_error or 'unknown'})")
        if goal.type == "AverageValue":
            return Wish(wish, f"{shown} at {plain(goal.milli)} per replica asks for {wish}")
        ready = f"with {self.moment.ready} ready"
        text = f"{shown} against {plain(goal.milli)} {ready} asks for {wish}"
        return Wish(wish, text, ratio=True)


def _no_wish(why: str) -> Wish:
    return Wish(None, why, failure_of("External"))


def foreseen(ahead: Ahead) -> str:
    """What a forecast says, or why there is none."""
    if ahead.value is None:
        return f"no {ahead.kind} forecast: {ahead.error}"
    return f"{plain(to_milli(ahead.value))} in {ahead.seconds:g} s ({ahead.kind})"
