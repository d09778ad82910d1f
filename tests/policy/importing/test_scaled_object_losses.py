"""What KEDA's ScaledObjects have and policies don't: refused where it matters, else named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.importing.given import (
    CPU,
    CRON,
    SCALED_OBJECT,
    changed,
    fields,
    prometheus,
    told,
    with_trigger,
)


def cron(**metadata: str) -> dict[str, Any]:
    """A cron trigger with these fields of its metadata set."""
    return {"type": "cron", "metadata": {**CRON["metadata"], **metadata}}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (with_trigger({"type": "kafka", "metadata": {"topic": "a"}}), "spec.triggers.0.type"),
        (with_trigger(prometheus(), {"type": "aws-sqs-queue"}), "spec.triggers.1.type"),
        (changed(SCALED_OBJECT, triggers=None), "spec.triggers"),
        (with_trigger(prometheus(namespace="x")), "spec.triggers.0.metadata.namespace"),
        (with_trigger(prometheus(customHeaders="a=b")), "spec.triggers.0.metadata.customHeaders"),
        (with_trigger(prometheus(cortexOrgID="a")), "spec.triggers.0.metadata.cortexOrgID"),
        (
            with_trigger(prometheus(queryParameters="a=b")),
            "spec.triggers.0.metadata.queryParameters",
        ),
        (with_trigger(prometheus(threshold="many")), "spec.triggers.0.metadata.threshold"),
        (
            with_trigger(prometheus(ignoreNullValues="no")),
            "spec.triggers.0.metadata.ignoreNullValues",
        ),
        (
            with_trigger({"type": "prometheus", "metadata": {"threshold": "1"}}),
            "spec.triggers.0.metadata.query",
        ),
        (with_trigger({**prometheus(), "metricType": "Utilization"}), "spec.triggers.0.metricType"),
        (
            with_trigger(
                {**prometheus(), "metricType": "Value"},
                scaleTargetRef={"kind": "NodeSet", "name": "web"},
            ),
            "spec.triggers.0.metricType",
        ),
        (with_trigger({"type": "cpu", "metadata": {"value": "1"}}), "spec.triggers.0.metricType"),
        (
            with_trigger({"type": "cpu", "metricType": "Utilization", "metadata": {}}),
            "spec.triggers.0.metadata.value",
        ),
        (with_trigger({"type": "cron", "metadata": {}}), "spec.triggers.0.metadata.timezone"),
        (with_trigger({**CRON, "metricType": "Value"}), "spec.triggers.0.metricType"),
        (with_trigger(cron(timezone="Mars/X")), "spec.triggers.0.metadata.timezone"),
        (with_trigger(cron(start="0 8 * *")), "spec.triggers.0.metadata.start"),
        (with_trigger(cron(end="@daily")), "spec.triggers.0.metadata.end"),
        (with_trigger(cron(end="0 8 * * 1-5")), "spec.triggers.0.metadata.end"),
        (with_trigger(cron(desiredReplicas="0")), "spec.triggers.0.metadata.desiredReplicas"),
        (with_trigger(prometheus(threshold="0")), "spec.triggers.0.metadata.threshold"),
        (changed(SCALED_OBJECT, minReplicaCount=11), "spec.maxReplicaCount"),
        (changed(SCALED_OBJECT, scaleTargetRef={"name": ["web"]}), "spec.scaleTargetRef.name"),
        (changed(SCALED_OBJECT, scaleTargetRef={}), "spec.scaleTargetRef.name"),
        (changed(SCALED_OBJECT, scaleType="job"), "spec.jobTargetRef"),
        (changed(SCALED_OBJECT, idleReplicaCount=4), "spec.idleReplicaCount"),
        (
            changed(
                SCALED_OBJECT,
                metadata={"annotations": {"autoscaling.keda.sh/paused-replicas": "few"}},
            ),
            "metadata.annotations.autoscaling.keda.sh/paused-replicas",
        ),
    ],
)
def test_what_would_make_the_policy_wrong_is_refused(text: str, field: str) -> None:
    assert fields(text)[0] == field


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (with_trigger(prometheus(authModes="basic")), "spec.triggers.0.metadata.authModes"),
        (with_trigger(prometheus(unsafeSsl="true")), "spec.triggers.0.metadata.unsafeSsl"),
        (with_trigger(prometheus(timeout="1000")), "spec.triggers.0.metadata.timeout"),
        (with_trigger(prometheus(awsRegion="x")), "spec.triggers.0.metadata.awsRegion"),
        (with_trigger(prometheus(colour="red")), "spec.triggers.0.metadata.colour"),
        (
            with_trigger({**prometheus(), "authenticationRef": {"name": "a"}}),
            "spec.triggers.0.authenticationRef",
        ),
        (
            with_trigger({**prometheus(), "useCachedMetrics": True}),
            "spec.triggers.0.useCachedMetrics",
        ),
        (
            changed(SCALED_OBJECT, advanced={"restoreToOriginalReplicaCount": True}),
            "spec.advanced.restoreToOriginalReplicaCount",
        ),
        (
            changed(SCALED_OBJECT, advanced={"horizontalPodAutoscalerConfig": {"name": "a"}}),
            "spec.advanced.horizontalPodAutoscalerConfig.name",
        ),
        (changed(SCALED_OBJECT, pollingInterval=60), "spec.pollingInterval"),
        (changed(SCALED_OBJECT, initialCooldownPeriod=60), "spec.initialCooldownPeriod"),
        (changed(SCALED_OBJECT, speed="fast"), "spec.speed"),
        (
            changed(SCALED_OBJECT, metadata={"annotations": {"autoscaling.keda.sh/speed": "fast"}}),
            "metadata.annotations.autoscaling.keda.sh/speed",
        ),
    ],
)
def test_harmless_losses_are_named(text: str, field: str) -> None:
    assert fields(text, "warning") == [field]


def test_another_prometheus_is_named() -> None:
    trigger = prometheus(serverAddress="http://elsewhere:9090/")
    [(field, why)] = told(with_trigger(trigger), "warning")
    assert field == "spec.triggers.0.metadata.serverAddress"
    assert "http://elsewhere:9090/: scalebridge asks http://prometheus:9090" in why
    assert (
        fields(with_trigger(prometheus(serverAddress="http://prometheus:9090/")), "warning") == []
    )


def test_a_formula_takes_prometheus_metrics_only() -> None:
    modifiers = {"formula": "one + 1", "target": "5"}
    triggers = [{**prometheus(), "name": "one"}, CPU]
    text = with_trigger(*triggers, advanced={"scalingModifiers": modifiers})
    assert fields(text) == ["spec.triggers.1.type"]
