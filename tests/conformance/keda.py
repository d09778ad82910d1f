"""KEDA's ops: names and units translated; what no policy has is answered by `beyond`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bridge.cron import parse_cron, zone_of
from bridge.decide.activation import (
    ActivationRules,
    Activity,
    activated,
    is_active,
)
from bridge.decide.fallback import (
    Fallback,
    FallbackBehavior,
    Health,
    Watched,
    with_fallback,
)
from bridge.decide.modifiers import ScalingModifiers
from bridge.decide.pause import paused_behavior
from bridge.decide.recommendation import to_milli
from bridge.decide.schedule import in_window
from bridge.decide.wish import Scale
from bridge.errors import MetricsUnavailable
from bridge.policy.bounds import bounds_valid, hpa_bounds
from tests.conformance.beyond import paused_count, pauses_of, trigger_faults, whole_number
from tests.conformance.raw_answer import sample_of
from tests.conformance.translate import given_behavior, shown_rules

Inputs = Mapping[str, Any]
Answer = dict[str, Any]


def prometheus(inputs: Inputs) -> Answer:
    try:
        value = sample_of(
            inputs["http_status"], inputs["body"], ignore_null_values=inputs["ignore_null_values"]
        )
    except MetricsUnavailable:
        return {"error": True}
    return {"error": False, "value": value}


def milli(inputs: Inputs) -> Answer:
    return {"value_milli": to_milli(float(inputs["value"]))}


def activation(inputs: Inputs) -> Answer:
    return {"active": is_active(float(inputs["value"]), inputs.get("activation_threshold") or 0)}


def fallback(inputs: Inputs) -> Answer:
    health = inputs["health"] or {}
    answer = with_fallback(
        None if inputs["source_error"] else inputs["value_milli"],
        _watched(inputs),
        {name: _health(state) for name, state in health.items()},
        None
        if inputs["current_replicas"] is None
        else Scale(
            inputs["current_replicas"], inputs["current_replicas"], inputs["ready_replicas"]
        ),
    )
    return {
        "error": answer.milli is None,
        "value_milli": answer.milli,
        "fallback_active": answer.active,
        "fallback_condition": answer.any_failing,
        "health": {
            name: {"failures": state.failures, "status": "Failing" if state.failing else "Happy"}
            for name, state in answer.health.items()
        },
    }


def _watched(inputs: Inputs) -> Watched:
    name, given = inputs["metric_name"], _fallback(inputs["fallback"])
    if modifiers := inputs["scaling_modifiers"]:
        target, kind = modifiers.get("target", ""), modifiers.get("metricType", "AverageValue")
        whole = whole_number(target)
        return Watched(name, float(target) if whole else 0, kind, given, whole_target=whole)
    return Watched(name, inputs["target_milli"] / 1000, inputs["metric_type"], given)


def _fallback(given: Inputs | None) -> Fallback | None:
    if given is None:
        return None
    behavior: FallbackBehavior = given.get("behavior") or "static"
    return Fallback(given["failureThreshold"], given["replicas"], behavior)


def _health(state: Inputs) -> Health:
    return Health(state["failures"] or 0, state["status"] == "Failing")


def cron_validate(inputs: Inputs) -> Answer:
    return {"valid": not trigger_faults(inputs["metadata"])}


def cron(inputs: Inputs) -> Answer:
    now = datetime.fromisoformat(inputs["now"])
    try:
        zone = zone_of(inputs["timezone"])
        start, end = parse_cron(inputs["start"]), parse_cron(inputs["end"])
    except ValueError:
        return {"error": True}
    active = in_window(start, end, zone, now)
    return {
        "error": False,
        "active": active,
        "value": inputs["desired_replicas"] if active else 0,
    }


def request_scale(inputs: Inputs) -> Answer:
    spec = inputs["spec"]
    activity = Activity(
        inputs["is_active"],
        inputs["is_error"],
        inputs["last_active_age_s"],
        inputs["creation_age_s"],
    )
    rules = ActivationRules(
        least=spec.get("minReplicaCount"),
        idle=spec.get("idleReplicaCount"),
        fallback_replicas=(spec.get("fallback") or {}).get("replicas"),
        **_given(spec, cooldown="cooldownPeriod", initial_cooldown="initialCooldownPeriod"),
    )
    pauses = pauses_of(inputs["annotations"])
    step = activated(inputs["current_replicas"], activity, rules, pauses)
    return {
        "scale_to": step.scale_to,
        "active": step.active,
        "active_reason": step.active_reason,
        "ready": [step.ready.status, step.ready.reason or None],
        "paused": step.paused,
        "marks_last_active": step.marks_last_active,
    }


def _given(spec: Inputs, **names: str) -> dict[str, Any]:
    return {ours: spec[name] for ours, name in names.items() if spec.get(name) is not None}


def bounds_of_hpa(inputs: Inputs) -> Answer:
    least, most = hpa_bounds(inputs.get("minReplicaCount"), inputs.get("maxReplicaCount"))
    return {"hpa_min": least, "hpa_max": most}


def check_bounds(inputs: Inputs) -> Answer:
    names = ("minReplicaCount", "maxReplicaCount", "idleReplicaCount")
    return {"valid": bounds_valid(*(inputs.get(name) for name in names))}


def paused(inputs: Inputs) -> Answer:
    return {"paused": pauses_of(inputs["annotations"] or {}).paused}


def count_while_paused(inputs: Inputs) -> Answer:
    try:
        return {"error": False, "replicas": paused_count(inputs["annotations"] or {})}
    except ValueError:
        return {"error": True}


def pause_behavior(inputs: Inputs) -> Answer:
    given = inputs["behavior"]
    pauses = pauses_of(inputs["annotations"] or {})
    after = paused_behavior(given_behavior(given or {}), pauses)
    sides = {"scaleUp": ("scale_up", after.scale_up), "scaleDown": ("scale_down", after.scale_down)}
    shown = {
        name: shown_rules(rules, rules.model_fields_set)
        for name, (field, rules) in sides.items()
        if field in after.model_fields_set
    }
    return {"behavior": None if given is None and not shown else shown}


def idle_or_min(inputs: Inputs) -> Answer:
    idle = inputs.get("idleReplicaCount")
    rules = ActivationRules(least=inputs.get("minReplicaCount"), idle=idle)
    return {"is_idle_value": idle is not None, "replicas": rules.rest}


def formula(inputs: Inputs) -> Answer:
    try:
        modifiers = ScalingModifiers(
            formula=inputs["formula"],
            names=tuple(inputs["trigger_names"]),
            target=float(inputs["target"]),
            activation_target=float(inputs["activation_target"] or 0),
        )
        found = modifiers.composite(
            {name: value / 1000 for name, value in inputs["values_milli"].items()},
            _fallback(inputs["fallback"]),
            inputs["failures"] or {},
        )
    except (ValueError, MetricsUnavailable):
        return {"error": True}
    return {"error": False, "value_milli": found.milli, "active": found.active}


OPS: dict[str, Callable[[Inputs], Answer]] = {
    "keda_prometheus": prometheus,
    "keda_milli": milli,
    "keda_activation": activation,
    "keda_fallback": fallback,
    "keda_cron_validate": cron_validate,
    "keda_cron": cron,
    "keda_request_scale": request_scale,
    "keda_hpa_bounds": bounds_of_hpa,
    "keda_check_bounds": check_bounds,
    "keda_paused": paused,
    "keda_paused_count": count_while_paused,
    "keda_pause_behavior": pause_behavior,
    "keda_idle_or_min": idle_or_min,
    "keda_formula": formula,
}
