"""Policies as their owners write them, with fields of a test's own."""

from __future__ import annotations

from typing import Any

from bridge.policy.model import ScalingPolicy


def metric(name: str, value: str | float = 100, kind: str = "AverageValue") -> dict[str, Any]:
    """A metric whose query is its name."""
    return {"name": name, "query": name, "target": {"type": kind, "value": value}}


def described(name: str = "web", /, **spec: Any) -> dict[str, Any]:
    """A policy file's data: `load` at 100 per replica, 1 to 20 replicas, and `spec` on top."""
    plain = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "name": name, "namespace": "shop"},
        "maxReplicas": 20,
        "metrics": [metric("load")],
    }
    return {
        "apiVersion": "scalebridge/v1",
        "kind": "ScalingPolicy",
        "metadata": {"name": name},
        "spec": {**plain, **spec},
    }


def policy(name: str = "web", /, **spec: Any) -> ScalingPolicy:
    """The same, loaded."""
    return ScalingPolicy.model_validate(described(name, **spec))
