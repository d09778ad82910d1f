"""All that a decision rests on, item by item, whether or not it came to matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from bridge.decide.alerts import raises
from bridge.decide.behavior import Changes, Direction, decisive, period_start, reached
from bridge.decide.decide import asked_now, decide
from bridge.decide.decision import Decision
from bridge.decide.memory import Recommended
from bridge.decide.question import Asked, foreseen
from bridge.decide.recall import Known, Scaled, asked_over, recalled
from bridge.decide.schedule import is_open
from bridge.decide.stabilization import counted
from bridge.decide.wish import Wish
from bridge.decide.wishes import Wished, order_of
from bridge.evaluate.reading import Observation, Past, Reading
from bridge.policy.behavior import Behavior, ScalingRules
from bridge.policy.model import ScalingPolicy
from bridge.units import plain

_FIELD: dict[Direction, str] = {"up": "spec.behavior.scaleUp", "down": "spec.behavior.scaleDown"}
_SHOWN_CHANGES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricItem:
    """A metric or the formula over all: what it says, and the replicas that it asks for."""

    name: str
    query: str
    value: float | None
    target: str
    asks: int | None
    text: str
    field: str
    ahead: str = ""
    """What its forecast expects, which the replicas asked for allow for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowItem:
    """A stabilisation window: the wish in it that holds back, and when it was made last."""

    direction: Direction | Literal["level"]
    seconds: float
    wish: int | None
    at: datetime | None
    unknown: str
    field: str

    @property
    def until(self) -> datetime | None:
        """When that wish leaves the window."""
        return self.at and self.at + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateItem:
    """A policy of `behavior`: the count when its period began, and how far it lets it go now."""

    direction: Direction
    rule: str
    start: int
    reach: int
    decides: bool
    """Whether it is the one that counts in its direction."""
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleItem:
    """A window of time, and whether it is open."""

    name: str
    minimum: int
    is_open: bool
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertItem:
    """An alert that holds a minimum: what is asked of it, and what that comes to while it fires."""

    match: Mapping[str, str]
    asks: int | str
    minimum: int | None
    since: datetime | None
    unknown: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision, and all that it rests on."""

    decision: Decision
    at: datetime
    ready: int | None
    ready_error: str
    metrics: Sequence[MetricItem]
    windows: Sequence[WindowItem]
    rates: Sequence[RateItem]
    schedules: Sequence[ScheduleItem]
    alerts: Sequence[AlertItem]
    changes: Sequence[Scaled]
    """The newest ones, newest first."""


def explanation(
    policy: ScalingPolicy, observation: Observation, known: Known, windows: Past
) -> Explanation:
    """`windows` is the metrics' past over the longer of the policy's windows."""
    now = observation.now
    wished = Wished(policy)
    found = asked_now(policy, observation, known, wished)
    then = asked_over(wished, windows, known.committed)
    memory = recalled(policy, Observation(now, windows), known, then)
    wishes = list(memory.recommended or ())
    if found.highest is not None:
        wishes.append(Recommended(0, found.highest))
    newest_first = sorted(known.changes, key=lambda change: change.at, reverse=True)
    return Explanation(
        decision=decide(policy, observation, known),
        at=now.at,
        ready=now.ready,
        ready_error=now.ready_error,
        metrics=tuple(_metrics(policy, observation, found)),
        windows=tuple(_windows(policy, known, now.at, wishes, windows.error)),
        rates=tuple(_rates(policy, known.committed, Changes(memory.ups, memory.downs))),
        schedules=tuple(_schedules(policy, now.at)),
        alerts=tuple(_alerts(policy, observation, known)),
        changes=newest_first[:_SHOWN_CHANGES],
    )


def _metrics(policy: ScalingPolicy, observation: Observation, found: Asked) -> Iterator[MetricItem]:
    modifiers = policy.spec.scaling_modifiers
    wishes = dict(enumerate(() if modifiers else found.wishes))
    readings = {reading.metric: reading for reading in observation.now.readings}
    for position, metric in enumerate(policy.spec.metrics):
        reading, wish = readings[metric.name], wishes.get(position)
        yield MetricItem(
            name=metric.name,
            query=metric.query,
            value=reading.value,
            target="" if modifiers else f"{metric.target.type} {plain(metric.target.milli)}",
            asks=wish.replicas if wish else None,
            text=_text(reading, wish, metric.query),
            field=f"spec.metrics.{position}",
            ahead=foreseen(reading.ahead) if reading.ahead else "",
        )
    if modifiers:
        wish = found.wishes[0]
        yield MetricItem(
            name="formula",
            query=modifiers.formula,
            value=None,
            target=f"{modifiers.metric_type} {plain(modifiers.milli)}",
            asks=wish.replicas,
            text=wish.text,
            field="spec.scalingModifiers",
        )


def _text(reading: Reading, wish: Wish | None, query: str) -> str:
    """What nothing follows from, without the name and the query that stand beside it."""
    if reading.error and (wish is None or wish.replicas is None):
        return f"unknown: {reading.error.removeprefix(f'{query!r}: ')}"
    return wish.text if wish else ""


def _windows(
    policy: ScalingPolicy, known: Known, now: datetime, wishes: Sequence[Recommended], error: str
) -> Iterator[WindowItem]:
    windows = order_of(policy, known.rollouts.dead_time).windows
    if steps := windows.steps:
        level = counted(wishes, windows.down, steps.quantile)
        yield WindowItem(
            direction="level",
            seconds=windows.down,
            wish=level.replicas if level else None,
            at=now if level else None,
            unknown=error,
            field="spec.behavior.level",
        )
        return
    sides: tuple[tuple[Direction, float, Decimal], ...] = (
        ("up", windows.up, windows.up_quantile),
        ("down", windows.down, windows.down_quantile),
    )
    for direction, seconds, share in sides:
        holding = counted(wishes, seconds, share)
        yield WindowItem(
            direction=direction,
            seconds=seconds,
            wish=holding.replicas if holding else None,
            at=now - timedelta(seconds=holding.age) if holding else None,
            unknown=error if seconds else "",
            field=f"{_FIELD[direction]}.stabilizationWindowSeconds",
        )


def _rates(policy: ScalingPolicy, current: int, changes: Changes) -> Iterator[RateItem]:
    behavior = order_of(policy).behavior or Behavior()
    sides: dict[Direction, ScalingRules] = {"up": behavior.scale_up, "down": behavior.scale_down}
    for direction, rules in sides.items():
        _, decides = decisive(direction, current, rules, changes)
        for place, rule in enumerate(rules.policies):
            yield RateItem(
                direction=direction,
                rule=str(rule),
                start=period_start(current, rule, changes),
                reach=max(0, reached(direction, current, rule, changes)),
                decides=place == decides,
                field=f"{_FIELD[direction]}.policies.{place}",
            )


def _schedules(policy: ScalingPolicy, now: datetime) -> Iterator[ScheduleItem]:
    for position, schedule in enumerate(policy.spec.schedules):
        yield ScheduleItem(
            name=schedule.name,
            minimum=schedule.min_replicas,
            is_open=is_open(schedule, now),
            field=f"spec.schedules.{position}",
        )


def _alerts(policy: ScalingPolicy, observation: Observation, known: Known) -> Iterator[AlertItem]:
    firing = {raised.place: raised for raised in raises(policy, observation, known)}
    for position, rule in enumerate(policy.spec.alerts):
        raised = firing.get(position)
        if rule.min_replicas is not None:
            yield AlertItem(
                match=rule.match,
                asks=rule.min_replicas,
                minimum=raised.minimum if raised else None,
                since=raised.alert.since if raised else None,
                unknown=observation.alerts.error,
                field=f"spec.alerts.{position}",
            )
