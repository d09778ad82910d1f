"""What is played: a policy, what its metrics say of the load, and the need for replicas. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.backtest.alert_history import AlertHistory
from bridge.backtest.closed_loop import BEGIN
from bridge.backtest.load import Amount, Load
from bridge.backtest.meter import Meter, Says
from bridge.decide.wishes import order_of
from bridge.errors import PolicyInvalid
from bridge.evaluate.reading import Moment
from bridge.policy.metric import Metric
from bridge.policy.model import ScalingPolicy
from bridge.units import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """All that the contestants have in common."""

    policy: ScalingPolicy
    """Without the metrics that the recording does not tell."""
    meters: Mapping[str, Meter]
    need: Load
    """In replicas, whole ones; None where nobody knows."""
    capacity: float
    """What one replica serves, in the unit of the metric that is called `metric`."""
    metric: str
    begin: datetime = BEGIN
    notes: tuple[str, ...] = ()
    """What is different from life, for people."""
    alerts: AlertHistory = field(default_factory=AlertHistory)


@dataclass(frozen=True, slots=True)
class Given:
    """What the user says of the load: the metric that it is of, and what one replica serves."""

    metric: str | None = None
    capacity: float | None = None
    begin: datetime = BEGIN


def of_trace(
    policy: ScalingPolicy, load: Load, given: Given, alerts: AlertHistory | None = None
) -> Workload:
    """A load of which one metric tells.

    Without `alerts` none fires, and a note says so.

    Raises:
        PolicyInvalid: the policy can't be played with it; names the field.
    """
    check(policy)
    metric = _named(policy, given.metric)
    untold = [other.name for other in policy.spec.metrics if other is not metric]
    if policy.spec.scaling_modifiers and untold:
        raise PolicyInvalid(
            f"{policy.name}: spec.scalingModifiers needs {', '.join(untold)}, "
            "which a trace of one load does not tell: replay Prometheus' history instead"
        )
    capacity = given.capacity or default_capacity(policy, metric)
    spec = policy.spec.model_copy(update={"metrics": (metric,)})
    says = None if metric.target.type == "AverageValue" else _ratio(metric, policy, capacity)
    left_out = [f"{name}: the trace does not tell it, so it is left out" for name in untold]
    return Workload(
        policy=policy.model_copy(update={"spec": spec}),
        meters={metric.name: Meter(load, says, max(1, round(metric.span)))},
        need=need([(load, capacity)]),
        capacity=capacity,
        metric=metric.name,
        begin=given.begin,
        notes=(*left_out, *_notes(policy, told_alerts=alerts is not None)),
        alerts=alerts or AlertHistory(),
    )


def of_history(
    policy: ScalingPolicy,
    moments: Sequence[Moment],
    given: Given,
    alerts: AlertHistory | None = None,
) -> Workload:
    """What Prometheus recorded, a moment per step; a ratio times its ready replicas is its load.

    Without `alerts` none fires, and a note says so.

    Raises:
        PolicyInvalid: the policy can't be played with it; names the field.
    """
    check(policy)
    named = _named(policy, given.metric or policy.spec.metrics[0].name)
    begin, meters, needs = moments[0].at, {}, []
    for place, metric in enumerate(policy.spec.metrics):
        load = _recorded(metric, place, moments)
        says = None if metric.target.type == "AverageValue" else _shared
        meters[metric.name] = Meter(load, says)
        own = given.capacity if metric is named else None
        if own or not policy.spec.scaling_modifiers:
            needs.append((load, own or _at_target(policy, metric)))
    if not needs:
        default_capacity(policy, named)
    return Workload(
        policy=policy,
        meters=meters,
        need=need(needs),
        capacity=given.capacity or _at_target(policy, named),
        metric=named.name,
        begin=begin,
        notes=_notes(policy, told_alerts=alerts is not None),
        alerts=alerts or AlertHistory(),
    )


def check(policy: ScalingPolicy) -> None:
    """What can't be played at all.

    Raises:
        PolicyInvalid: says which field, and what to do.
    """
    if policy.is_fleet:
        raise PolicyInvalid(
            f"{policy.name}: spec.scaleTargetSelector: a fleet: say which of its members to play"
        )


def default_capacity(policy: ScalingPolicy, metric: Metric) -> float:
    """As much as the policy itself puts up with on one replica: its target and the tolerance.

    Raises:
        PolicyInvalid: the target doesn't say what a replica serves.
    """
    if metric.target.type != "AverageValue" or policy.spec.scaling_modifiers:
        why = "a formula" if policy.spec.scaling_modifiers else "a target of type Value"
        raise PolicyInvalid(
            f"{policy.name}: metric {metric.name}: {why} does not say how much one replica "
            "serves: give --capacity, in the unit of the recorded load"
        )
    return _at_target(policy, metric)


def need(loads: Sequence[tuple[Load, float]]) -> Load:
    """The replicas that can serve every one of the loads, by what one replica serves of each."""
    seconds = sorted({start for load, _ in loads for start in load.starts})
    starts, amounts = list[int](), list[Amount]()
    for second in seconds:
        wanted = [_replicas(load.at(second), capacity) for load, capacity in loads]
        known = [count for count in wanted if count is not None]
        count = max(known, default=None)
        if not amounts or amounts[-1] != count:
            starts.append(second)
            amounts.append(count)
    return Load(starts, amounts, max(load.end for load, _ in loads))


def _replicas(amount: Amount, capacity: float) -> Amount:
    if amount is None:
        return None
    return float(math.ceil(amount / capacity - 1e-9))  # 0.3 / 0.1 is a little more than 3


def _named(policy: ScalingPolicy, name: str | None) -> Metric:
    metrics = policy.spec.metrics
    names = ", ".join(metric.name for metric in metrics)
    if name is None and len(metrics) > 1:
        raise PolicyInvalid(f"{policy.name}: say by --metric which the trace is of: {names}")
    for metric in metrics:
        if name in (None, metric.name):
            return metric
    raise PolicyInvalid(f"{policy.name}: no metric is named {name}; there are: {names}")


def _at_target(policy: ScalingPolicy, metric: Metric) -> float:
    return metric.target.milli / 1000 * (1 + order_of(policy).tolerance.up)


def _ratio(metric: Metric, policy: ScalingPolicy, capacity: float) -> Says:
    """In proportion to each replica's share; beyond target and tolerance where that is too much."""
    at_capacity = _at_target(policy, metric)

    def says(demand: float, ready: int) -> float:
        return at_capacity * demand / (max(ready, 1) * capacity)

    return says


def _shared(demand: float, ready: int) -> float:
    return demand / max(ready, 1)


def _recorded(metric: Metric, place: int, moments: Sequence[Moment]) -> Load:
    """A total as it is; a ratio as it would be with one replica."""
    starts, amounts = list[int](), list[Amount]()
    for moment in moments:
        amount = moment.readings[place].value
        if amount is not None and metric.target.type != "AverageValue":
            amount = None if moment.ready is None else amount * moment.ready
        if not amounts or amounts[-1] != amount:
            starts.append(round((moment.at - moments[0].at).total_seconds()))
            amounts.append(amount)
    step = (moments[1].at - moments[0].at).total_seconds() if len(moments) > 1 else 1
    last = (moments[-1].at - moments[0].at).total_seconds()
    return Load(starts, amounts, round(last + step))


def _notes(policy: ScalingPolicy, *, told_alerts: bool) -> tuple[str, ...]:
    """What of the policy has no part in a simulation."""
    return tuple(_left_out(policy, told_alerts=told_alerts))


def _left_out(policy: ScalingPolicy, *, told_alerts: bool) -> Iterator[str]:
    spec = policy.spec
    if any(rule.min_replicas is not None for rule in spec.alerts) and not told_alerts:
        yield "spec.alerts: only Prometheus' history tells when they fired, so here none does"
    if policy.is_member:
        yield "the member's annotations are not read: the fleet's own fields are played"
    if spec.approval:
        yield "spec.approval: played as if people approved at once"
    if spec.suspend:
        yield "spec.suspend: played as if it were not suspended"


def shown(workload: Workload) -> str:
    """What one replica serves, for people."""
    return f"{plain(workload.capacity * 1000)} of {workload.metric}"
