"""KEDA's ScaledObjects: what becomes of each field."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.manifest.target import Target
from tests.policy.importing.given import (
    CPU,
    CRON,
    SCALED_OBJECT,
    changed,
    fields,
    goal,
    imported,
    policy_of,
    prometheus,
    with_trigger,
)


def test_target_bounds_query_and_threshold_are_carried_over() -> None:
    policy = policy_of(SCALED_OBJECT)
    assert policy.target == Target("Deployment", "web", "shop", "apps/v1")
    assert (policy.spec.min_replicas, policy.spec.max_replicas) == (1, 10)
    [metric] = policy.spec.metrics
    assert metric.query == "sum(rate(requests_total[2m]))"
    assert goal(metric) == ("AverageValue", 100)
    assert imported(SCALED_OBJECT).findings == []


def test_bounds_have_kedas_defaults() -> None:
    spec = policy_of(changed(SCALED_OBJECT, minReplicaCount=None, maxReplicaCount=None)).spec
    assert (spec.min_replicas, spec.max_replicas, spec.cooldown_period) == (0, 100, 300)


def test_other_kinds_keep_theirs() -> None:
    reference = {"apiVersion": "example.com/v1", "kind": "NodeSet", "name": "gpu"}
    policy = policy_of(changed(SCALED_OBJECT, scaleTargetRef=reference))
    assert policy.target == Target("NodeSet", "gpu", "shop", "example.com/v1")


def test_the_first_keda_named_deployments() -> None:
    text = changed(SCALED_OBJECT, scaleTargetRef={"deploymentName": "web", "containerName": "app"})
    text = text.replace("keda.sh/", "keda.k8s.io/")
    assert policy_of(text).target.name == "web"
    assert fields(text, "warning") == ["spec.scaleTargetRef.containerName"]


@pytest.mark.parametrize(
    ("given", "query"),
    [
        (None, "(up) or on () vector(0)"),
        ("true", "(up) or on () vector(0)"),
        ("false", "up"),
        ("0", "up"),
    ],
)
def test_no_data_counts_as_0_where_keda_has_it_so(given: str | None, query: str) -> None:
    metadata = {"query": "up", "ignoreNullValues": given}
    trigger = prometheus(**{name: text for name, text in metadata.items() if text})
    if given is None:
        del trigger["metadata"]["ignoreNullValues"]
    assert policy_of(with_trigger(trigger)).spec.metrics[0].query == query


def test_a_query_that_ends_in_a_comment_stays_whole() -> None:
    trigger = prometheus(query="up # all\n", ignoreNullValues="true")
    query = policy_of(with_trigger(trigger)).spec.metrics[0].query
    assert query == "(\nup # all\n) or on () vector(0)"


def test_what_wakes_from_rest_is_carried_over_where_there_is_rest() -> None:
    trigger = prometheus(activationThreshold="5.5")
    [metric] = policy_of(with_trigger(trigger, minReplicaCount=0)).spec.metrics
    assert metric.activation_value is not None
    assert float(metric.activation_value) == 5.5
    awake = with_trigger(trigger, cooldownPeriod=60)
    assert policy_of(awake).spec.metrics[0].activation_value is None
    assert sorted(fields(awake, "warning")) == [
        "spec.cooldownPeriod",
        "spec.triggers.0.metadata.activationThreshold",
    ]


def test_rest_is_carried_over() -> None:
    spec = policy_of(
        changed(
            SCALED_OBJECT,
            minReplicaCount=3,
            idleReplicaCount=0,
            cooldownPeriod=60,
            pollingInterval=10,
        )
    ).spec
    assert (spec.idle_replicas, spec.cooldown_period, spec.polling_interval) == (0, 60, 10)


@pytest.mark.parametrize("kind", ["AverageValue", "Value"])
def test_metric_types_are_carried_over(kind: str) -> None:
    trigger = {**prometheus(), "metricType": kind, "name": "load"}
    [metric] = policy_of(with_trigger(trigger)).spec.metrics
    assert (metric.name, metric.target.type) == ("load", kind)


def test_cron_triggers_raise_the_minimum() -> None:
    spec = policy_of(with_trigger(prometheus(), CRON)).spec
    [schedule] = spec.schedules
    assert (schedule.timezone, schedule.start) == ("Europe/Berlin", "0 8 * * 1-5")
    assert (schedule.end, schedule.min_replicas) == ("0 18 * * 1-5", 5)


def test_cron_triggers_alone_leave_the_minimum_to_a_metric_that_is_always_0() -> None:
    spec = policy_of(with_trigger(CRON, maxReplicaCount=4)).spec
    assert [metric.query for metric in spec.metrics] == ["vector(0)"]
    assert [schedule.min_replicas for schedule in spec.schedules] == [4]


def test_cpu_alone_never_rests() -> None:
    spec = policy_of(with_trigger(CPU, minReplicaCount=0)).spec
    assert (spec.min_replicas, spec.cooldown_period) == (1, None)
    assert goal(spec.metrics[0]) == ("Value", 60)


def test_cpu_beside_others_neither_wakes_nor_keeps_awake() -> None:
    spec = policy_of(with_trigger(prometheus(), CPU, minReplicaCount=0)).spec
    load, cpu = spec.metrics
    assert load.activation_value is None
    assert cpu.activation_value == 10**18


@pytest.mark.parametrize("metric_type", [{"metricType": "AverageValue"}, {}])
def test_memory_of_a_container_per_replica(metric_type: dict[str, str]) -> None:
    metadata = {"value": "1Gi", "containerName": "app"} | ({"type": "AverageValue"} | metric_type)
    metadata.pop("metricType", None)
    if metric_type:
        del metadata["type"]
    trigger = {"type": "memory", **metric_type, "metadata": metadata}
    [metric] = policy_of(with_trigger(trigger)).spec.metrics
    assert (metric.name, goal(metric)) == ("memory-app", ("AverageValue", 2**30))


def test_fallback_and_behavior_are_carried_over_verbatim() -> None:
    fallback = {"failureThreshold": 3, "replicas": 6, "behavior": "currentReplicasIfHigher"}
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 60}}
    advanced = {"horizontalPodAutoscalerConfig": {"behavior": behavior}}
    spec = policy_of(changed(SCALED_OBJECT, fallback=fallback, advanced=advanced)).spec
    assert spec.fallback is not None
    assert (spec.fallback.failure_threshold, spec.fallback.replicas) == (3, 6)
    assert spec.fallback.behavior == "currentReplicasIfHigher"
    assert spec.behavior.scale_down.stabilization_window_seconds == 60


def test_a_formula_is_carried_over() -> None:
    modifiers = {"formula": "(one + two) / 2", "target": "5", "metricType": "Value"}
    triggers = [{**prometheus(), "name": name} for name in ("one", "two")]
    text = with_trigger(*triggers, advanced={"scalingModifiers": modifiers})
    given = policy_of(text).spec.scaling_modifiers
    assert given is not None
    assert (given.formula, given.metric_type) == ("(one + two) / 2", "Value")
    assert given.target == 5


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({"paused": "true"}, {"paused": True}),
        ({"paused": "false"}, {}),
        ({"paused": ""}, {"paused": True}),
        ({"paused-replicas": "4", "paused": "false"}, {"paused_replicas": 4}),
        ({"force-activation": "true"}, {"min_replicas": 1, "idle_replicas": None}),
    ],
)
def test_annotations_pause_or_keep_awake(annotations: Any, expected: dict[str, Any]) -> None:
    named = {f"autoscaling.keda.sh/{name}": text for name, text in annotations.items()}
    spec = policy_of(
        changed(SCALED_OBJECT, metadata={"annotations": named}, minReplicaCount=0)
    ).spec
    plain = {"paused": False, "paused_replicas": None, "min_replicas": 0}
    assert {name: getattr(spec, name) for name in plain | expected} == plain | expected


@pytest.mark.parametrize(
    ("annotation", "paused"),
    [("paused-scale-in", (True, False)), ("paused-scale-out", (False, True))],
)
def test_one_direction_may_be_paused(annotation: str, paused: tuple[bool, bool]) -> None:
    annotations = {f"autoscaling.keda.sh/{annotation}": "true"}
    spec = policy_of(changed(SCALED_OBJECT, metadata={"annotations": annotations})).spec
    assert (spec.paused_scale_in, spec.paused_scale_out) == paused
