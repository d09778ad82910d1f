"""Real public autoscalers: each imports, or is refused for the right reason, field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge.policy.importing.files import import_files
from bridge.policy.importing.surroundings import Surroundings
from bridge.policy.loading import parse_policy
from bridge.policy.model import ScalingPolicy
from tests.parts.gate import shared

ADAPTERS = "only the adapter that serves it knows"
TEMPLATE = "render the file first"
REFUSED = {
    "hpa/03.yaml": [("spec.metrics.0.pods.metric.name", ADAPTERS)],
    "hpa/05.yaml": [("spec.metrics.0.pods.metric.name", ADAPTERS)],
    "hpa/07.yaml": [("spec.metrics.0.external.metric.name", ADAPTERS)],
    "hpa/09.yaml": [("spec.metrics.1.external.metric.name", ADAPTERS)],
    "hpa/13.yaml": [("spec.metrics.0.pods.metric.name", ADAPTERS)],
    "hpa/15.yaml": [("spec.metrics.0.pods.metric.name", ADAPTERS)],
    "hpa/17.yaml": [("spec.metrics.0.pods.metric.name", ADAPTERS)],
    "hpa/29.yaml": [  # Kubernetes' own file of every field, with names for values
        ("spec.behavior.scaleDown.policies.0.type", "'typeValue'"),
        ("spec.behavior.scaleDown.selectPolicy", "'selectPolicyValue'"),
        ("spec.behavior.scaleUp.policies.0.type", "'typeValue'"),
        ("spec.behavior.scaleUp.selectPolicy", "'selectPolicyValue'"),
        ("spec.metrics.0.type", "'typeValue'"),
    ],
    "hpa/31.yaml": [("spec.metrics.0.pods.metric.name", ADAPTERS)],
    "hpa/39.yaml": [("spec.minReplicas", TEMPLATE)],
    "keda/31.yaml": [("metadata.name", TEMPLATE), ("spec.scaleTargetRef.name", TEMPLATE)],
    "keda/33.yaml": [("metadata.name", TEMPLATE), ("spec.scaleTargetRef.name", TEMPLATE)],
}
SERVER = "spec.triggers.0.metadata.serverAddress"
WARNED = {
    "hpa/21.yaml": ["spec.targetCPUUtilizationPercentage"],
    "keda/01.yaml": ["spec.cooldownPeriod", SERVER, "spec.triggers.0.authenticationRef"],
    "keda/21.yaml": [SERVER],
    "keda/29.yaml": ["spec.advanced.restoreToOriginalReplicaCount", SERVER],
}


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where the files lie."""
    return shared("policies")


@pytest.fixture(scope="module")
def facts(folder: Path) -> list[dict[str, Any]]:
    """What is known of each file."""
    known = json.loads((folder / "index.json").read_text("utf-8"))["files"]
    assert len(known) >= 21
    return list(known)


def test_each_file_imports_or_is_refused_for_its_reason(
    folder: Path, facts: list[dict[str, Any]]
) -> None:
    for fact in facts:
        name = fact["file"]
        result = import_files({name: (folder / name).read_bytes()}, Surroundings())
        refused = [(one.field, one.why) for one in result.findings if one.level == "refused"]
        expected = REFUSED.get(name, [])
        assert [field for field, _ in refused] == [field for field, _ in expected], name
        for (_, why), (_, part) in zip(refused, expected, strict=True):
            assert part in why, name
        warned = [one.field for one in result.findings if one.level == "warning"]
        assert warned == WARNED.get(name, []), name
        others = len(fact["documents"]) - len(fact["policies"])
        assert result.passed_over == others, name
        _check(fact, {one.name: parse_policy(one.text.encode(), name) for one in result.policies})


def _check(fact: Mapping[str, Any], policies: Mapping[str, ScalingPolicy]) -> None:
    known = {one["name"]: one for one in fact["policies"]}
    assert policies.keys() == (set() if fact["file"] in REFUSED else known.keys()), fact["file"]
    for name, policy in policies.items():
        one, keda = known[name], known[name]["kind"] == "ScaledObject"
        least = one["min"] if one["min"] is not None else int(not keda)
        most = one["max"] if one["max"] is not None else 100
        assert (policy.spec.min_replicas, policy.spec.max_replicas) == (least, most), name
        assert f"{policy.target.kind}/{policy.target.name}" == one["target"], name
        goals = one["prometheus"] if keda else one["metrics"] or [{"target": _DEFAULT}]
        for metric, goal in zip(policy.spec.metrics, goals, strict=True):
            wanted = goal["threshold"] if keda else goal["target"]["averageUtilization"]
            assert metric.target.value == float(wanted), name
            assert metric.target.type == ("AverageValue" if keda else "Value"), name
            if keda:
                assert goal["query"].strip() in metric.query, name


_DEFAULT = {"averageUtilization": 80}
