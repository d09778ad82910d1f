"""Whatever stands in a field: there is a policy that loads, or a refusal that names a field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from bridge.policy.loading import parse_policy
from tests.policy.importing.given import HPA, SCALED_OBJECT, imported, prometheus

CRON = {"timezone": "UTC", "start": "0 8 * * *", "end": "0 9 * * *", "desiredReplicas": "2"}
FULL_HPA = yaml.safe_load(HPA)
FULL_HPA["spec"]["metrics"].append(
    {"type": "ContainerResource", "containerResource": {"container": "a", "name": "memory"}}
)
FULL_HPA["spec"]["metrics"][1]["containerResource"]["target"] = {"averageValue": "1Gi"}
FULL_HPA["spec"]["behavior"] = {
    "scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]},
    "scaleDown": {"selectPolicy": "Min", "tolerance": "0.1"},
}
FULL_OBJECT = yaml.safe_load(SCALED_OBJECT)
FULL_OBJECT["metadata"]["annotations"] = {
    "autoscaling.keda.sh/paused-scale-in": "true",
    "autoscaling.keda.sh/paused-replicas": "1",
    "autoscaling.keda.sh/force-activation": "true",
}
FULL_OBJECT["spec"] |= {
    "idleReplicaCount": 0,
    "cooldownPeriod": 30,
    "pollingInterval": 15,
    "fallback": {"failureThreshold": 3, "replicas": 6},
    "advanced": {
        "restoreToOriginalReplicaCount": True,
        "horizontalPodAutoscalerConfig": {"behavior": FULL_HPA["spec"]["behavior"]},
    },
    "triggers": [
        {**prometheus(activationThreshold="5"), "name": "load", "metricType": "AverageValue"},
        {"type": "cron", "metadata": CRON},
        {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}},
    ],
}
WITH_FORMULA = yaml.safe_load(SCALED_OBJECT)
WITH_FORMULA["spec"]["triggers"][0]["name"] = "load"
WITH_FORMULA["spec"]["advanced"] = {"scalingModifiers": {"formula": "load + 1", "target": "5"}}
WITH_PODS = yaml.safe_load(HPA)
WITH_PODS["spec"]["metrics"] = [
    {"type": "Pods", "pods": {"metric": {"name": "a"}, "target": {"averageValue": 1}}}
]
SAMPLES = (FULL_HPA, FULL_OBJECT, WITH_FORMULA, WITH_PODS)

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["1", "-1", "1e9", "1Gi", "true", "Value", "Utilization", "${A}", "#{a}"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6) | st.integers(), inner)
    ),
    max_leaves=4,
)


def places(data: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every field, at any depth, but the kind."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, below in items:
        if key != "kind" or place:
            yield (*place, key)
        if isinstance(below, dict | list):
            yield from places(below, (*place, key))


def replaced(data: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value there."""
    copy = json.loads(json.dumps(data))
    inner = copy
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return copy


odd = st.sampled_from(SAMPLES).flatmap(
    lambda data: st.tuples(st.just(data), st.sampled_from(list(places(data))), values)
)


def test_what_is_changed_is_good_but_for_the_pods_metric() -> None:
    made = [len(imported(yaml.safe_dump(sample)).policies) for sample in SAMPLES]
    assert made == [1, 1, 1, 0]


@given(odd)
def test_a_policy_that_loads_or_a_refusal(changed: tuple[Any, tuple[Any, ...], Any]) -> None:
    result = imported(yaml.safe_dump(replaced(*changed)))
    refused = [finding for finding in result.findings if finding.level == "refused"]
    assert (len(result.policies), result.refused) in ((1, 0), (0, 1))
    assert bool(refused) == bool(result.refused)
    assert all(finding.line >= 1 and finding.field and finding.why for finding in refused)
    for policy in result.policies:
        assert parse_policy(policy.text.encode(), "p.yaml").name == policy.name
