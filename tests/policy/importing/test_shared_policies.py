"""Real public autoscalers: each imports, or is refused for the right reason, field by field."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge.manifest.target import Target
from bridge.policy.importing.files import import_files
from bridge.policy.importing.surroundings import Surroundings
from bridge.policy.loading import parse_policy
from bridge.policy.model import ScalingPolicy
from tests.parts.backfill import PROMTOOL
from tests.parts.gate import needs, shared

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
        assert policy.spec.idle_replicas == one.get("idle"), name
        assert ("behavior" in policy.spec.model_fields_set) == one["behavior"], name
        goals = one["prometheus"] if keda else one["metrics"] or [{"target": _DEFAULT}]
        for metric, goal in zip(policy.spec.metrics, goals, strict=True):
            wanted = goal["threshold"] if keda else goal["target"]["averageUtilization"]
            assert metric.target.value == float(wanted), name
            assert metric.target.type == ("AverageValue" if keda else "Value"), name
            if keda:
                assert goal["query"].strip() in metric.query, name
            else:
                _check_cpu(metric.query, policy.target)


def _check_cpu(query: str, target: Target) -> None:
    """Used over requested, of the ready pods that the workload owns."""
    used, requested = query.split("\n  /\n")
    assert "container_cpu_usage_seconds_total{" in used
    assert "kube_pod_container_resource_requests{" in requested
    assert 'resource="cpu"' in requested
    for part in (used, requested):
        assert "kube_pod_status_ready{" in part
        assert (
            f'kube_replicaset_owner{{owner_kind="{target.kind}",owner_name="{target.name}"}}'
            in part
        )


def test_each_query_is_promql(folder: Path, facts: list[dict[str, Any]], tmp_path: Path) -> None:
    """By Prometheus' own parser."""
    needs(PROMTOOL)
    files = {fact["file"]: (folder / fact["file"]).read_bytes() for fact in facts}
    policies = [
        parse_policy(one.text.encode(), one.file)
        for one in import_files(files, Surroundings()).policies
    ]
    queries = [metric.query for policy in policies for metric in policy.spec.metrics]
    rules = [{"record": f"query:{n}", "expr": query} for n, query in enumerate(queries)]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "imported", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", path], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert f"{len(queries)} rules found" in done.stdout.decode()
    assert len(queries) >= 15


_DEFAULT = {"averageUtilization": 80}
