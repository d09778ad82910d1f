"""Autoscalers as their owners write them, and what an import makes of them."""

from __future__ import annotations

from typing import Any

import yaml

from bridge.policy.importing.files import Imported, import_files
from bridge.policy.importing.surroundings import Surroundings
from bridge.policy.loading import parse_policy
from bridge.policy.metric import Metric
from bridge.policy.model import ScalingPolicy

HPA = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}
"""

SCALED_OBJECT = """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {name: web}
  minReplicaCount: 1
  maxReplicaCount: 10
  triggers:
    - type: prometheus
      metadata:
        serverAddress: http://prometheus:9090
        query: sum(rate(requests_total[2m]))
        threshold: "100"
        ignoreNullValues: "false"
"""

CRON: dict[str, Any] = {
    "type": "cron",
    "metadata": {
        "timezone": "Europe/Berlin",
        "start": "0 8 * * 1-5",
        "end": "0 18 * * 1-5",
        "desiredReplicas": "5",
    },
}
CPU = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}}

URL = "http://prometheus:9090"


def imported(text: str, namespace: str | None = None) -> Imported:
    """What the import makes of this one file, whose Prometheus is ours."""
    return import_files({"in.yaml": text.encode()}, Surroundings(namespace, URL))


def changed(text: str, /, metadata: Any = None, **spec: Any) -> str:
    """The object with fields of its metadata and spec set; None takes one away."""
    data = yaml.safe_load(text)
    data["metadata"] |= metadata or {}
    data["spec"] |= spec
    data["spec"] = {name: value for name, value in data["spec"].items() if value is not None}
    return yaml.safe_dump(data, sort_keys=False)


def with_trigger(*triggers: dict[str, Any], **spec: Any) -> str:
    """A ScaledObject with these triggers."""
    return changed(SCALED_OBJECT, triggers=list(triggers), **spec)


def prometheus(**metadata: str) -> dict[str, Any]:
    """A prometheus trigger with these fields of its metadata set."""
    [trigger] = yaml.safe_load(SCALED_OBJECT)["spec"]["triggers"]
    return {"type": "prometheus", "metadata": {**trigger["metadata"], **metadata}}


def policy_of(text: str, namespace: str | None = None) -> ScalingPolicy:
    """The one policy that comes out, loaded."""
    result = imported(text, namespace)
    assert [str(finding) for finding in result.findings if finding.level == "refused"] == []
    [written] = result.policies
    return parse_policy(written.text.encode(), f"{written.name}.yaml")


def goal(metric: Metric) -> tuple[str, float]:
    """The type of the metric's target, and its value."""
    return metric.target.type, float(metric.target.value)


def told(text: str, level: str = "refused") -> list[tuple[str, str]]:
    """The fields that findings of this level name, and why; nothing refused is written."""
    result = imported(text)
    assert bool(result.policies) != bool(result.refused)
    return [(one.field, one.why) for one in result.findings if one.level == level]


def fields(text: str, level: str = "refused") -> list[str]:
    """The same, the fields alone."""
    return [field for field, _ in told(text, level)]
