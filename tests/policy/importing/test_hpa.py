"""HorizontalPodAutoscalers of every version: what becomes of each field."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.manifest.target import Target
from tests.policy.importing.given import HPA, changed, fields, goal, imported, policy_of, told


def resource(name: str, **target: Any) -> dict[str, Any]:
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def test_target_bounds_and_utilization_are_carried_over() -> None:
    policy = policy_of(HPA)
    assert policy.target == Target("Deployment", "web", "shop", "apps/v1")
    assert (policy.spec.min_replicas, policy.spec.max_replicas) == (2, 10)
    [metric] = policy.spec.metrics
    assert (metric.name, goal(metric)) == ("cpu", ("Value", 60))
    assert 'owner_kind="Deployment",owner_name="web"' in metric.query


def test_an_average_value_is_per_replica_and_written_as_by_its_owner() -> None:
    text = changed(HPA, metrics=[resource("memory", type="AverageValue", averageValue="512Mi")])
    [metric] = policy_of(text).spec.metrics
    assert goal(metric) == ("AverageValue", 512 * 2**20)
    assert "value: 512Mi" in imported(text).policies[0].text


def test_a_container_resource_names_its_container() -> None:
    source = {"name": "cpu", "container": "app", "target": {"averageUtilization": 60}}
    metrics = [{"type": "ContainerResource", "containerResource": source}]
    [metric] = policy_of(changed(HPA, metrics=metrics)).spec.metrics
    assert metric.name == "cpu-app"
    assert 'container="app"' in metric.query


def test_metrics_of_one_name_are_told_apart() -> None:
    metrics = [resource("cpu", averageUtilization=60), resource("cpu", averageValue="500m")]
    policy = policy_of(changed(HPA, metrics=metrics))
    assert [metric.name for metric in policy.spec.metrics] == ["cpu", "cpu-2"]


def test_the_minimum_is_1_unless_given() -> None:
    assert policy_of(changed(HPA, minReplicas=None)).spec.min_replicas == 1


def test_quoted_numbers_are_numbers() -> None:
    metrics = [resource("cpu", averageUtilization="60")]
    policy = policy_of(changed(HPA, minReplicas="3", metrics=metrics))
    assert (policy.spec.min_replicas, goal(policy.spec.metrics[0])) == (3, ("Value", 60))


def test_behavior_is_carried_over_and_what_is_empty_left_to_the_defaults() -> None:
    down = {"stabilizationWindowSeconds": 30, "policies": None, "selectPolicy": "Min"}
    spec = policy_of(changed(HPA, behavior={"scaleDown": down, "scaleUp": None})).spec
    assert spec.behavior.scale_down.stabilization_window_seconds == 30
    assert spec.behavior.scale_down.select_policy == "Min"
    assert spec.behavior.scale_up.stabilization_window_seconds == 0


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        pytest.param({"targetAverageUtilization": 70}, ("Value", 70), id="utilization"),
        pytest.param({"targetAverageValue": "250m"}, ("AverageValue", 0.25), id="average value"),
    ],
)
def test_v2beta1_has_its_targets_beside_the_name(metric: Any, expected: tuple[str, float]) -> None:
    metrics = [{"type": "Resource", "resource": {"name": "cpu", **metric}}]
    text = changed(HPA, metrics=metrics).replace("autoscaling/v2", "autoscaling/v2beta1")
    assert goal(policy_of(text).spec.metrics[0]) == expected


@pytest.mark.parametrize("given", [None, 55])
def test_v1_asks_for_cpu_alone(given: int | None) -> None:
    text = changed(HPA, metrics=None, targetCPUUtilizationPercentage=given)
    policy = policy_of(text.replace("autoscaling/v2", "autoscaling/v1"))
    assert policy.spec.metrics[0].target.value == (given or 80)


def test_v2_without_metrics_asks_for_its_default() -> None:
    assert policy_of(changed(HPA, metrics=None)).spec.metrics[0].target.value == 80
    text = changed(HPA, metrics=None, targetCPUUtilizationPercentage=80)
    assert fields(text, "warning") == ["spec.targetCPUUtilizationPercentage"]


def test_v2_with_a_field_of_v1_that_it_drops_is_refused() -> None:
    text = changed(HPA, metrics=None, targetCPUUtilizationPercentage=50)
    assert fields(text) == ["spec.targetCPUUtilizationPercentage"]


@pytest.mark.parametrize(
    ("metric", "field", "target"),
    [
        pytest.param(
            {
                "type": "Pods",
                "pods": {"metric": {"name": "rps"}, "target": {"averageValue": "20"}},
            },
            "pods.metric.name",
            "{type: AverageValue, value: 20}",
            id="pods",
        ),
        pytest.param(
            {
                "type": "Object",
                "object": {
                    "metric": {"name": "rps"},
                    "describedObject": {"kind": "Ingress", "name": "web"},
                    "target": {"type": "Value", "value": "10k"},
                },
            },
            "object.metric.name",
            "{type: Value, value: 10k}",
            id="object",
        ),
        pytest.param(
            {
                "type": "External",
                "external": {"metric": {"name": "rps"}, "target": {"averageValue": 30}},
            },
            "external.metric.name",
            "{type: AverageValue, value: 30}",
            id="external",
        ),
        pytest.param(
            {"type": "Pods", "pods": {"metricName": "rps", "targetAverageValue": 40}},
            "pods.metricName",
            "{type: AverageValue, value: 40}",
            id="pods of v2beta1",
        ),
        pytest.param(
            {"type": "External", "external": {"metric": {"name": "rps"}}},
            "external.metric.name",
            "{type: AverageValue, value: ?}",
            id="without a target",
        ),
    ],
)
def test_an_adapters_metric_is_refused_with_a_skeleton(
    metric: Any, field: str, target: str
) -> None:
    result = imported(changed(HPA, metrics=[resource("cpu", averageUtilization=60), metric]))
    assert (result.policies, result.refused) == ([], 1)
    [refusal] = [finding for finding in result.findings if finding.level == "refused"]
    assert refusal.field == f"spec.metrics.1.{field}"
    assert refusal.skeleton.splitlines()[0] == "- name: rps"
    assert refusal.skeleton.splitlines()[2] == f"  target: {target}"


def test_a_name_of_googles_adapter_tells_its_series() -> None:
    name = "prometheus.googleapis.com|queue_waiting|gauge"
    source = {"metric": {"name": name}, "target": {"averageValue": 5}}
    result = imported(changed(HPA, metrics=[{"type": "Pods", "pods": source}]))
    assert 'sum(queue_waiting{namespace="shop",pod=~"web-.*"})' in result.findings[0].skeleton


@pytest.mark.parametrize(
    ("text", "field", "why"),
    [
        (changed(HPA, maxReplicas=None), "spec.maxReplicas", "required"),
        (changed(HPA, maxReplicas="many"), "spec.maxReplicas", "whole number"),
        (changed(HPA, minReplicas=0), "spec.minReplicas", "0 needs a metric"),
        (changed(HPA, minReplicas=20), "spec.maxReplicas", "below minReplicas"),
        (changed(HPA, metadata={"name": None}), "metadata.name", "required"),
        (changed(HPA, scaleTargetRef=[1]), "spec.scaleTargetRef", "expected a mapping"),
        (changed(HPA, metrics="cpu"), "spec.metrics", "expected a list"),
        (changed(HPA, metrics=["cpu"]), "spec.metrics.0", "expected a mapping"),
        (changed(HPA, metrics=[{"type": "Magic"}]), "spec.metrics.0.type", "'Magic'"),
        (changed(HPA, metrics=[{"type": "Resource"}]), "spec.metrics.0.resource", "required"),
        (
            changed(HPA, metrics=[resource("gpu", averageUtilization=1)]),
            "spec.metrics.0.resource.name",
            "cpu and memory",
        ),
        (
            changed(HPA, metrics=[resource("cpu", averageUtilization=1, averageValue=1)]),
            "spec.metrics.0.resource.target",
            "either",
        ),
        (changed(HPA, metrics=[resource("cpu")]), "spec.metrics.0.resource.target", "either"),
        (
            changed(HPA, behavior={"scaleUp": {"selectPolicy": "Most"}}),
            "spec.behavior.scaleUp.selectPolicy",
            "'Max', 'Min' or 'Disabled'",
        ),
        (
            changed(HPA, scaleTargetRef={"kind": "NodeSet", "name": "web"}),
            "spec.metrics.0.resource.name",
            "which pods are those of a NodeSet",
        ),
        (HPA.replace("autoscaling/v2", "autoscaling/v9"), "apiVersion", "'autoscaling/v9'"),
        (
            changed(
                HPA, metadata={"annotations": {"autoscaling.alpha.kubernetes.io/metrics": "[]"}}
            ),
            "metadata.annotations.autoscaling.alpha.kubernetes.io/metrics",
            "export it as v2",
        ),
    ],
)
def test_what_has_no_equivalent_is_refused_by_its_field(text: str, field: str, why: str) -> None:
    refusals = told(text)
    assert field in [named for named, _ in refusals]
    assert any(why in told_why for _, told_why in refusals)


def test_a_target_type_that_does_not_fit_is_left_behind() -> None:
    metrics = [resource("cpu", type="AverageValue", averageUtilization=60)]
    warned = fields(changed(HPA, metrics=metrics), "warning")
    assert warned == ["spec.metrics.0.resource.target.type"]


def test_unknown_fields_are_named() -> None:
    assert fields(changed(HPA, speed="fast"), "warning") == ["spec.speed"]


def test_an_hpa_that_keda_made_is_passed_over() -> None:
    owner = {"kind": "ScaledObject", "name": "web"}
    result = imported(changed(HPA, metadata={"ownerReferences": [owner]}))
    assert (result.policies, result.refused, result.passed_over) == ([], 0, 1)
    assert "import the ScaledObject web" in result.findings[0].why


def test_deployments_of_the_extensions_group_are_those_of_apps() -> None:
    reference = {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "name": "web"}
    assert policy_of(changed(HPA, scaleTargetRef=reference)).target.api_version == "apps/v1"
