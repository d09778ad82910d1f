"""How many replicas are ready: the series that kube-state-metrics and Argo Rollouts export."""

from __future__ import annotations

import json

from bridge.policy.model import ScalingPolicy

_SERIES = {
    "Deployment": ("kube_deployment_status_replicas_ready", "deployment"),
    "StatefulSet": ("kube_statefulset_status_replicas_ready", "statefulset"),
    "ReplicaSet": ("kube_replicaset_status_ready_replicas", "replicaset"),
    "ReplicationController": (
        "kube_replicationcontroller_status_ready_replicas",
        "replicationcontroller",
    ),
    "Rollout": ("rollout_info_replicas_available", "name"),
}


def ready_query(policy: ScalingPolicy) -> str | None:
    """The policy's own query, or the default of its target's kind; None where there is none.

    Series of two namespaces stay two, and so are refused; several exporters of one are one.
    """
    if policy.spec.ready_replicas_query or policy.target.kind not in _SERIES:
        return policy.spec.ready_replicas_query
    series, label = _SERIES[policy.target.kind]
    matchers = {label: policy.target.name}
    if policy.target.namespace:
        matchers["namespace"] = policy.target.namespace
    selector = ",".join(f"{name}={json.dumps(value)}" for name, value in matchers.items())
    return f"max by (namespace, {label}) ({series}{{{selector}}})"
