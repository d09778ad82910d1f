"""How many replicas are ready: the series that kube-state-metrics and Argo Rollouts export."""

from __future__ import annotations

import json

from bridge.evaluate.naming import Naming
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

_DESIRED = {
    "Deployment": "kube_deployment_spec_replicas",
    "StatefulSet": "kube_statefulset_replicas",
    "ReplicaSet": "kube_replicaset_spec_replicas",
    "ReplicationController": "kube_replicationcontroller_spec_replicas",
    "Rollout": "rollout_info_replicas_desired",
}


def ready_query(policy: ScalingPolicy) -> str | None:
    """The policy's own query, or the default of its target's kind; None where there is none.

    A fleet's members have one query in common, for all workloads of their kind.
    """
    given = policy.spec.ready_replicas_query
    if given or not policy.is_member or policy.target.kind not in _SERIES:
        return given or own_ready_query(policy)
    return _of_all(policy.target.kind)


def common_kind(policy: ScalingPolicy) -> str | None:
    """The kind by whose series a policy for one target could share an answer with others."""
    kind = policy.target.kind
    alone = not policy.is_member and not policy.spec.ready_replicas_query
    return kind if alone and kind in _SERIES else None


def common_ready(kind: str) -> tuple[str, Naming]:
    """The question about all workloads of a kind, and how its samples name them."""
    return _of_all(kind), _naming(kind)


def own_ready_query(policy: ScalingPolicy) -> str | None:
    """The same for the policy's target alone; None also where its fleet's query is for all.

    Series of two namespaces stay two, and so are refused; several exporters of one are one.
    """
    given = policy.spec.ready_replicas_query
    if given or policy.target.kind not in _SERIES:
        return None if policy.is_member else given
    return _own(policy, *_SERIES[policy.target.kind])


def desired_query(policy: ScalingPolicy) -> str | None:
    """How many replicas the live object asks for; None where its kind exports no such series."""
    kind = policy.target.kind
    return _own(policy, _DESIRED[kind], _SERIES[kind][1]) if kind in _DESIRED else None


def _of_all(kind: str) -> str:
    series, label = _SERIES[kind]
    return f"max by (namespace, {label}) ({series})"


def _naming(kind: str) -> Naming:
    return Naming(_SERIES[kind][1], "namespace")


def _own(policy: ScalingPolicy, series: str, label: str) -> str:
    matchers = {label: policy.target.name}
    if policy.target.namespace:
        matchers["namespace"] = policy.target.namespace
    selector = ",".join(f"{name}={json.dumps(value)}" for name, value in matchers.items())
    return f"max by (namespace, {label}) ({series}{{{selector}}})"


def naming_of(policy: ScalingPolicy) -> Naming | None:
    """How the samples of a fleet's metrics name its members; None for a policy of one target."""
    selector = policy.spec.scale_target_selector
    return Naming(selector.naming, selector.namespace_label) if selector else None


def ready_naming(policy: ScalingPolicy) -> Naming | None:
    """The same for its ready replicas."""
    naming = naming_of(policy)
    if naming is None or policy.spec.ready_replicas_query or policy.target.kind not in _SERIES:
        return naming
    return _naming(policy.target.kind)
