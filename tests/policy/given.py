"""Policies as their owners write them, with fields of a test's own."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from bridge.errors import PolicyInvalid
from bridge.policy.loading import parse_policy
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


def complaint(data: dict[str, Any]) -> str:
    """What is wrong with the policy, without the line (the data is dumped in one)."""
    text = yaml.safe_dump(data, default_flow_style=True, width=10_000)
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(text.encode(), "web.yaml")
    return str(refused.value).replace("web.yaml:1: ", "")


def ruled(period: int) -> dict[str, Any]:
    """A direction's only rule, over this many seconds."""
    return {"policies": [{"type": "Pods", "value": 1, "periodSeconds": period}]}
