"""The HPA's ops: names and units translated; what no policy has is answered by `beyond`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from bridge.decide.behavior import factor_limited, rate_limit, rate_limited
from bridge.decide.memory import Memory, changed, with_change
from bridge.decide.normalization import Flags, Order, held_reason, normalized
from bridge.decide.recommendation import (
    Tolerance,
    average_value,
    total,
    whole_value,
)
from bridge.decide.reconcile import Pass, reconciled, written
from bridge.decide.stabilization import Windows, highest_of, stabilized
from bridge.decide.wish import (
    Goal,
    Scale,
    Wish,
    failure_of,
    wish_of_samples,
)
from bridge.errors import MetricsUnavailable
from tests.conformance.beyond import (
    external_goal,
    object_goal,
    unread,
    unwritten,
    usage_per_replica,
    wish_of_pods,
)
from tests.conformance.per_pod import per_pod
from tests.conformance.translate import (
    FIELDS,
    Answer,
    Inputs,
    bounds_of,
    changes_of,
    conditions_of,
    events_of,
    given_behavior,
    memory_of,
    pods_of,
    recommended_of,
    rules_of,
    shown_rules,
    tolerance_of,
)

_FLAGS = [field.name for field in fields(Flags)]


def value_metric(inputs: Inputs) -> Answer:
    usage = total(inputs["samples_milli"])
    replicas = whole_value(
        usage,
        inputs["target_milli"],
        inputs["current_replicas"],
        inputs["ready_replicas"],
        tolerance_of(inputs),
    )
    return {"replicas": replicas, "usage_milli": usage, "error": False}


def average_metric(inputs: Inputs) -> Answer:
    usage, status = total(inputs["samples_milli"]), inputs["status_replicas"]
    replicas = average_value(usage, inputs["target_milli"], status, tolerance_of(inputs))
    return {"replicas": replicas, "usage_milli": usage_per_replica(usage, status), "error": False}


def pods_metric(inputs: Inputs) -> Answer:
    try:
        found = per_pod(
            pods_of(inputs["pods"]),
            inputs["target_milli"],
            inputs["current_replicas"],
            tolerance_of(inputs),
        )
    except MetricsUnavailable:
        return {"error": True}
    return {"replicas": found.replicas, "usage_milli": found.usage_milli, "error": False}


def convert_rules(inputs: Inputs) -> Answer:
    limited = factor_limited(
        inputs["current_replicas"],
        inputs["desired_replicas"],
        bounds_of(inputs),
        inputs["scale_up_limit_factor"],
        inputs["scale_up_limit_minimum"],
    )
    return {"replicas": limited.replicas, "reason": limited.limit}


def default_rules(inputs: Inputs) -> Answer:
    return shown_rules(rules_of(inputs["direction"], inputs["rules"]), FIELDS.values())


def behavior_rate(inputs: Inputs) -> Answer:
    limited = rate_limited(
        inputs["current_replicas"],
        inputs["desired_replicas"],
        bounds_of(inputs),
        given_behavior(inputs),
        changes_of(inputs),
    )
    return {"replicas": limited.replicas, "reason": limited.limit}


def one_rate_limit(inputs: Inputs) -> Answer:
    direction = inputs["direction"]
    rules = rules_of(direction, inputs["rules"])
    limit = rate_limit(direction, inputs["current_replicas"], rules, changes_of(inputs))
    return {"limit": limit}


def store_event(inputs: Inputs) -> Answer:
    events = events_of(inputs["events"])
    after = events
    if inputs["rules"] is not None:
        rules = rules_of(inputs["direction"], inputs["rules"])
        after = with_change(events, rules, inputs["change"])
    return {
        "events_after": [[change.by, change.outdated] for change in after],
        "change_in_last_60s_before": changed(events, 60),
    }


def stabilize_legacy(inputs: Inputs) -> Answer:
    past = recommended_of(inputs.get("recommendations")) or ()
    return {"replicas": highest_of(inputs["desired_replicas"], inputs["window_s"], past)}


def stabilize_behavior(inputs: Inputs) -> Answer:
    current, desired = inputs["current_replicas"], inputs["desired_replicas"]
    windows = Windows(inputs["scale_up_window_s"], inputs["scale_down_window_s"])
    past = recommended_of(inputs.get("recommendations")) or ()
    return {
        "replicas": stabilized(current, desired, windows, past),
        "reason_if_changed": held_reason(current, desired),
    }


def normalize(inputs: Inputs) -> Answer:
    order = _order(inputs, inputs["behavior"], inputs["controller"])
    step = normalized(
        inputs["current_replicas"], inputs["desired_replicas"], order, memory_of(inputs)
    )
    conditions = {"AbleToScale": step.able_to_scale, "ScalingLimited": step.scaling_limited}
    return {"replicas": step.replicas, "conditions": conditions_of(conditions)}


def reconcile(inputs: Inputs) -> Answer:
    if inputs.get("scale_read_error"):
        return {
            "desired_replicas": inputs["state"]["spec_replicas"],
            "rescale": False,
            "error": True,
            "conditions": conditions_of(unread()),
        }
    state = inputs["state"]
    spec = state["spec_replicas"]
    scale = Scale(spec, state.get("status_replicas", spec), state.get("ready_replicas"))
    done = _pass(inputs, scale, memory_of(inputs), inputs["metric_results"])
    return {
        "desired_replicas": done.desired,
        "rescale": done.rescales,
        "cause": done.cause,
        "error": done.error,
        "conditions": conditions_of(done.conditions),
    }


def timeline(inputs: Inputs) -> Answer:
    memory, replicas, steps = Memory(), inputs["initial_replicas"], []
    for step in inputs["steps"]:
        scale = Scale(replicas, replicas, replicas)
        done = _pass(inputs, scale, memory.older(step["dt_s"]), step["metric_results"])
        memory, replicas = done.memory, done.desired
        steps.append({"replicas": replicas, "conditions": conditions_of(done.conditions)})
    return {"steps": steps}


def _pass(inputs: Inputs, scale: Scale, memory: Memory, results: list[Any]) -> Pass:
    spec = inputs["spec"]
    order = _order(spec, spec.get("behavior"), inputs["controller"], spec["metrics"])
    wishes = [
        _wish(metric, result, scale, order.tolerance)
        for metric, result in zip(spec["metrics"], results, strict=True)
    ]
    found = reconciled(scale.spec, order, wishes, memory)
    return unwritten(found) if inputs.get("scale_write_error") else written(found)


def _wish(metric: Inputs, result: Inputs, scale: Scale, tolerance: Tolerance) -> Wish:
    if "replicas" in result:
        return Wish(result["replicas"])
    failure = result.get("reason") or failure_of(metric["type"])
    goal = _goal(metric)
    if result.get("error") or goal is None:
        return Wish(None, failure=failure)
    try:
        if "pods" in result:
            return Wish(wish_of_pods(pods_of(result["pods"]), goal, scale, tolerance))
        return Wish(wish_of_samples(result["samples_milli"], goal, scale, tolerance))
    except MetricsUnavailable:
        return Wish(None, failure=failure)


def _goal(metric: Inputs) -> Goal | None:
    target = metric.get("target", {})
    average, value = target.get("averageValue_milli"), target.get("value_milli")
    if metric["type"] == "Object":
        return object_goal(target.get("type", ""), average, value)
    return external_goal(average, value)


def _order(
    bounds: Inputs, behavior: Inputs | None, controller: Inputs, metrics: Iterable[Inputs] = ()
) -> Order:
    return Order(
        bounds_of(bounds),
        None if behavior is None else given_behavior(behavior),
        Flags(**{name: controller[name] for name in _FLAGS if name in controller}),
        any(metric["type"] in ("Object", "External") for metric in metrics),
    )


OPS: dict[str, Callable[[Inputs], Answer]] = {
    "value_metric": value_metric,
    "average_metric": average_metric,
    "pods_metric": pods_metric,
    "convert_rules": convert_rules,
    "default_rules": default_rules,
    "behavior_rate": behavior_rate,
    "rate_limit": one_rate_limit,
    "store_event": store_event,
    "stabilize_legacy": stabilize_legacy,
    "stabilize_behavior": stabilize_behavior,
    "normalize": normalize,
    "reconcile": reconcile,
    "timeline": timeline,
}
