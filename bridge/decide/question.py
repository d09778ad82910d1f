"""What the metrics of a policy say at a moment, and what each of them wishes for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from bridge.decide.activation import is_active
from bridge.decide.fallback import Answer, Fallback, Health, Watched, with_fallback
from bridge.decide.modifiers import ScalingModifiers
from bridge.decide.recommendation import Tolerance, quotient, to_milli, total
from bridge.decide.wish import Goal, Scale, TargetType, Wish, failure_of, wish_of_samples
from bridge.errors import MetricsUnavailable
from bridge.evaluate.reading import Ahead, Moment, Reading
from bridge.policy.keda import ScalingModifiersPolicy
from bridge.policy.metric import Metric
from bridge.policy.model import ScalingPolicy, Spec
from bridge.units import plain

_UNWATCHED: Mapping[str, Health] = {}


@dataclass(frozen=True, slots=True)
class Asked:
    """The wishes of a moment, in the policy's order, and whether any metric is active."""

    wishes: tuple[Wish, ...]
    active: bool
    errors: tuple[str, ...] = ()
    """What is unknown, also where a fallback stands in for it."""
    above: tuple[str, ...] = ()
    """The `Value` metrics beyond their target, as they were measured."""
    highest: int | None = field(init=False)
    """The wish that counts; None where no metric is known."""
    failed: bool = field(init=False)
    """Whether some wish is unknown."""

    def __post_init__(self) -> None:
        known = [wish.replicas for wish in self.wishes if wish.replicas is not None]
        object.__setattr__(self, "highest", max(known) if known else None)
        object.__setattr__(self, "failed", len(known) < len(self.wishes))


@dataclass(frozen=True, slots=True)
class Watch:
    """A metric of the policy, and what it shall be."""

    metric: Metric
    goal: Goal
    activation: float
    field: str
    target: float
    """As the fallback counts it: the formula's, where there is one."""
    target_type: TargetType

    @classmethod
    def of(cls, policy: ScalingPolicy, place: int) -> Self:
        """The policy's metric at that place."""
        metric = policy.spec.metrics[place]
        goal = Goal(metric.target.type, metric.target.milli)
        target, kind = goal.milli / 1000, goal.type
        if modifiers := policy.spec.scaling_modifiers:
            target, kind = float(modifiers.target), modifiers.metric_type
        activation = float(metric.activation_value or 0)
        return cls(metric, goal, activation, f"spec.metrics.{place}", target, kind)


@dataclass(slots=True)
class Valued:
    """A metric's reading, and its value after fallback."""

    watch: Watch
    reading: Reading
    answer: Answer

    @property
    def metric(self) -> Metric:
        return self.watch.metric

    @property
    def active(self) -> bool:
        if self.reading.value is None:
            return self.answer.active
        return is_active(self.reading.value, self.watch.activation)

    @property
    def failures(self) -> int:
        return self.answer.health.get(self.metric.name, Health()).failures

    @property
    def unknown(self) -> str:
        why = f"{self.metric.name} unknown ({self.reading.error})"
        return f"{why}, {self.answer.error}" if self.answer.error else why


@dataclass(slots=True)
class Question:
    """What a policy asks of a moment, beside the counts of then."""

    policy: ScalingPolicy
    moment: Moment
    scale: Scale
    tolerance: Tolerance

    def valued(
        self,
        watch: Watch,
        reading: Reading,
        fallback: Fallback | None,
        failures: Mapping[str, int] | None,
    ) -> Valued:
        """A reading, or what stands in for it."""
        milli = None if reading.value is None else to_milli(reading.value)
        if failures is None:
            return Valued(watch, reading, Answer(milli, _UNWATCHED))
        health = {name: Health(count, count > 0) for name, count in failures.items()}
        if fallback is None:
            return Valued(watch, reading, Answer(milli, health))
        watched = Watched(watch.metric.name, watch.target, watch.target_type, fallback)
        return Valued(watch, reading, with_fallback(milli, watched, health, self.scale))

    def each(self, values: list[Valued]) -> Asked:
        """A wish per metric."""
        wishes, unknown, above, active = [], [], [], False
        for value in values:
            wish = self._wish_of(value)
            wishes.append(wish)
            active = active or value.active
            if wish.replicas is None:
                unknown.append(wish.text)
            if self._is_above(value):
                above.append(value.metric.name)
        unknown += [value.unknown for value in values if value.answer.active]
        return Asked(tuple(wishes), active, tuple(unknown), tuple(above))

    def _is_above(self, value: Valued) -> bool:
        milli, goal = value.answer.milli, value.watch.goal
        if goal.type != "Value" or milli is None or value.reading.value is None:
            return False
        return self._exceeds(milli, goal)

    def _exceeds(self, milli: int, goal: Goal) -> bool:
        most = 1.0 + self.tolerance.up
        return goal.type == "Value" and quotient(float(total([milli])), goal.milli) > most

    def _wish_of(self, value: Valued) -> Wish:
        watch, milli = value.watch, value.answer.milli
        if milli is None or (value.reading.value is None and not value.answer.active):
            return _no_wish(value.unknown, watch.field)
        shown = f"{watch.metric.name} {plain(milli)}"
        if value.answer.active:
            shown = f"{value.unknown}, fallback: {shown}"
            return replace(self._wish(watch.goal, milli, shown, watch.field), ratio=False)
        if ahead := value.reading.ahead:
            return self._foreseen(watch, milli, ahead, shown)
        return self._wish(watch.goal, milli, shown, watch.field)

    def _foreseen(self, watch: Watch, milli: int, ahead: Ahead, shown: str) -> Wish:
        """Never less than for the value now."""
        goal, asks = watch.goal, watch.field
        if ahead.value is None:
            return self._wish(goal, milli, f"{shown} ({foreseen(ahead)})", asks)
        shown = f"{shown}, {foreseen(ahead)},"
        return max(
            self._wish(goal, milli, shown, asks),
            self._wish(goal, to_milli(ahead.value), shown, asks),
            key=lambda wish: wish.replicas or 0,
        )

    def composed(self, given: ScalingModifiersPolicy, values: list[Valued]) -> Asked:
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

    def _wish(self, goal: Goal, milli: int, shown: str, asks: str = "") -> Wish:
        """`asks`: the policy's field."""
        if goal.type == "Value" and self.scale.ready == 0 < self.scale.spec:
            why = f"{shown} tells nothing with 0 ready of {self.scale.spec} committed"
            return _no_wish(why, asks)
        try:
            wish = wish_of_samples([milli], goal, self.scale, self.tolerance)
        except MetricsUnavailable as error:
            return _no_wish(f"{shown} {error} ({self.moment.ready_error or 'unknown'})", asks)
        if goal.type == "AverageValue":
            text = f"{shown} at {plain(goal.milli)} per replica asks for {wish}"
            return Wish(wish, text, field=asks)
        ready = f"with {self.moment.ready} ready"
        text = f"{shown} against {plain(goal.milli)} {ready} asks for {wish}"
        return Wish(wish, text, field=asks, ratio=True)


def _no_wish(why: str, asks: str = "") -> Wish:
    return Wish(None, why, failure_of("External"), asks)


def fallback_of(spec: Spec) -> Fallback | None:
    """The policy's fallback."""
    given = spec.fallback
    if given is None:
        return None
    return Fallback(given.failure_threshold, given.replicas, given.behavior)


def foreseen(ahead: Ahead) -> str:
    """What a forecast says, or why there is none."""
    if ahead.value is None:
        return f"no {ahead.kind} forecast: {ahead.error}"
    return f"{plain(to_milli(ahead.value))} in {ahead.seconds:g} s ({ahead.kind})"
