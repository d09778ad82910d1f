"""The cases' names and units in the decision code's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.decide.behavior import Bounds, Changes
from bridge.decide.memory import Change, Memory, Recommended
from bridge.decide.normalization import Condition
from bridge.decide.recommendation import Tolerance
from bridge.policy.behavior import (
    Behavior,
    ScaleDownRules,
    ScaleUpRules,
    ScalingPolicyRule,
    ScalingRules,
)
from tests.conformance.per_pod import Pod

Inputs = Mapping[str, Any]
Answer = dict[str, Any]
FIELDS = {
    "stabilizationWindowSeconds": "stabilization_window_seconds",
    "selectPolicy": "select_policy",
    "policies": "policies",
    "tolerance": "tolerance",
}
_DIRECTIONS: dict[str, type[ScalingRules]] = {"up": ScaleUpRules, "down": ScaleDownRules}


def shown_rules(rules: ScalingRules, fields: Iterable[str]) -> Answer:
    """These fields of the rules, by the HPA's names."""
    shown = {name: getattr(rules, field) for name, field in FIELDS.items() if field in fields}
    if "policies" in shown:
        shown["policies"] = [rule.model_dump(by_alias=True) for rule in rules.policies]
    return shown


def bounds_of(inputs: Inputs) -> Bounds:
    least = inputs.get("minReplicas")
    return Bounds(1 if least is None else least, inputs["maxReplicas"])


def given_behavior(given: Inputs) -> Behavior:
    """As the policy's model fills it in, without its checks of single values."""
    sides: dict[str, Any] = {}
    if given.get("scaleUp") is not None:
        sides["scale_up"] = ScaleUpRules.model_construct(**_fields(given["scaleUp"]))
    if given.get("scaleDown") is not None:
        sides["scale_down"] = ScaleDownRules.model_construct(**_fields(given["scaleDown"]))
    return Behavior.model_construct(**sides)


def rules_of(direction: str, given: Inputs | None) -> ScalingRules:
    return _DIRECTIONS[direction].model_construct(**_fields(given))


def _fields(given: Inputs | None) -> dict[str, Any]:
    """The model's names for what is set."""
    fields = {FIELDS[name]: value for name, value in (given or {}).items() if value is not None}
    if "policies" in fields:
        fields["policies"] = tuple(
            ScalingPolicyRule.model_construct(
                type=rule["type"], value=rule["value"], period_seconds=rule["periodSeconds"]
            )
            for rule in fields["policies"]
        )
    return fields


def memory_of(inputs: Inputs) -> Memory:
    return Memory(
        recommended_of(inputs.get("recommendations")),
        events_of(inputs.get("scale_up_events")),
        events_of(inputs.get("scale_down_events")),
        inputs.get("scaled_to_zero_condition"),
    )


def changes_of(inputs: Inputs) -> Changes:
    return Changes(
        events_of(inputs.get("scale_up_events")), events_of(inputs.get("scale_down_events"))
    )


def events_of(given: Iterable[tuple[float, int]] | None) -> tuple[Change, ...]:
    return tuple(Change(age, by) for age, by in given or ())


def recommended_of(given: Iterable[tuple[float, int]] | None) -> tuple[Recommended, ...] | None:
    return None if given is None else tuple(Recommended(age, count) for age, count in given)


def pods_of(given: Iterable[Inputs]) -> list[Pod]:
    return [
        Pod(
            name=pod["name"],
            value_milli=pod.get("value_milli"),
            phase=pod.get("phase", "Running"),
            deleted=pod.get("deleted", False),
            listed=not pod.get("unlisted", False),
        )
        for pod in given
    ]


def tolerance_of(inputs: Inputs) -> Tolerance:
    return Tolerance(inputs["tolerance_up"], inputs["tolerance_down"])


def conditions_of(given: Mapping[str, Condition]) -> dict[str, list[str]]:
    return {name: [str(part) for part in condition] for name, condition in given.items()}
