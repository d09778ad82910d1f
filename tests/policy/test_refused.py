"""What a policy can't mean is refused, with the field and what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.given import complaint, described, metric, ruled


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"colour": 2}, "spec.colour: unknown field", id="unknown field"),
        pytest.param(
            {"minReplica": 2},
            "spec.minReplica: unknown field; did you mean minReplicas?",
            id="mistyped field",
        ),
        pytest.param(
            {"minReplicas": -1},
            "spec.minReplicas: input should be greater than or equal to 0, not -1",
            id="negative minimum",
        ),
        pytest.param(
            {"maxReplicas": 100_001},
            "spec.maxReplicas: input should be less than or equal to 100000, not 100001",
            id="beyond any cluster",
        ),
        pytest.param(
            {"minReplicas": 30}, "spec: minReplicas 30 is above maxReplicas 20", id="min above max"
        ),
        pytest.param({"metrics": []}, "spec.metrics: expected at least 1 item", id="no metric"),
        pytest.param(
            {"metrics": [metric("a"), metric("b"), metric("a"), metric("b")]},
            "spec: metric names given twice: a, b",
            id="metric names given twice",
        ),
        pytest.param(
            {"metrics": [metric("m", "0.9m")]},
            "spec.metrics.0.target.value: must be at least 1m (a thousandth); "
            "scale the query up instead",
            id="target below a thousandth",
        ),
        pytest.param(
            {"metrics": [metric("m", "1e999999999")]},
            "spec.metrics.0.target.value: '1e999999999' is not a quantity such as "
            "100, 250m, 1.5k or 2Gi",
            id="a target that would fill the memory",
        ),
        pytest.param(
            {"metrics": [metric("m", kind="Utilization")]},
            "spec.metrics.0.target.type: input should be 'AverageValue' or 'Value', "
            "not 'Utilization'",
            id="target of another type",
        ),
        pytest.param(
            {"pollingInterval": "500ms"},
            "spec.pollingInterval: input should be greater than or equal to 1, not 0.5",
            id="polling more than once a second",
        ),
        pytest.param(
            {"pollingInterval": "2d"},
            "spec.pollingInterval: input should be less than or equal to 86400, not 172800.0",
            id="polling less than once a day",
        ),
        pytest.param(
            {"cooldownPeriod": "1d", "pollingInterval": "5s"},
            "spec: cooldownPeriod is 17,280 times pollingInterval, and Prometheus tells of "
            "10,000 steps at most: a longer pollingInterval is needed",
            id="a rest that no range query reaches",
        ),
        pytest.param(
            {"pausedUntil": "9999-12-31T23:59:59-05:00"},
            "spec.pausedUntil: no such time in UTC",
            id="a pause until after the last day",
        ),
        pytest.param(
            {"metrics": [{**metric("m"), "query": "rate(m[600w])"}]},
            "spec.metrics.0.query: a duration can't be 362880000.0 s: at least 0, "
            "at most ten years",
            id="a range that no date can be moved by",
        ),
        pytest.param(
            {"inFlightTimeout": "99999999w"},
            "spec.inFlightTimeout: a duration can't be 60479999395200.0 s: at least 0, "
            "at most ten years",
            id="a duration that no date can be moved by",
        ),
        pytest.param(
            {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 3601}}},
            "spec.behavior.scaleDown.stabilizationWindowSeconds: input should be less than or "
            "equal to 3600, not 3601",
            id="window over an hour",
        ),
        pytest.param(
            {"behavior": {"scaleUp": ruled(1801)}},
            "spec.behavior.scaleUp.policies.0.periodSeconds: input should be less than or "
            "equal to 1800, not 1801",
            id="period over half an hour",
        ),
        pytest.param(
            {"behavior": {"scaleDown": {"stabilizationWindowSeconds": -1}}},
            "spec.behavior.scaleDown.stabilizationWindowSeconds: input should be greater than or "
            "equal to 0, not -1",
            id="a window into the future",
        ),
        pytest.param(
            {"behavior": {"scaleUp": {"policies": []}}},
            "spec.behavior.scaleUp.policies: expected at least 1 item",
            id="no rule",
        ),
        pytest.param(
            {"behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 2**31}]}}},
            "spec.behavior.scaleUp.policies.0.value: input should be less than 2147483648, "
            "not 2147483648\n"
            "spec.behavior.scaleUp.policies.0.periodSeconds: required, but missing",
            id="two findings, two lines",
        ),
        pytest.param(
            {"scaleTargetRef": {"name": "we b"}},
            "spec.scaleTargetRef.name: string should match pattern "
            r"'^[^\s/\x00-\x1f]+$', not 'we b'",
            id="a name with a space",
        ),
        pytest.param(
            {"scaleTargetRef": None},
            "spec: expected scaleTargetRef, scaleTargetSelector, or a target with a path, "
            "kustomizeReplicas or marker",
            id="no target",
        ),
        pytest.param(
            {"scaleTargetSelector": {"matchLabels": {"app": "web"}}},
            "spec: scaleTargetSelector stands alone: no scaleTargetRef, no target",
            id="one target and a fleet",
        ),
        pytest.param(
            {"scaleTargetRef": None, "scaleTargetSelector": {"matchLabels": {}}},
            "spec.scaleTargetSelector.matchLabels: expected at least 1 item",
            id="a fleet of everything",
        ),
        pytest.param(
            {"alerts": [{"match": {}}]},
            "spec.alerts.0.match: expected at least 1 item",
            id="an alert that would match all",
        ),
        pytest.param(
            {"alerts": {"a": 1}}, "spec.alerts: expected a list, not a mapping", id="list"
        ),
        pytest.param(
            {"behavior": "x"}, "spec.behavior: expected a mapping, not text", id="mapping"
        ),
        pytest.param(
            {"behavior": None}, "spec.behavior: expected a mapping, not nothing", id="null"
        ),
        pytest.param(
            {"suspend": "si"},
            "spec.suspend: input should be a valid boolean, unable to interpret input, not 'si'",
            id="no boolean",
        ),
    ],
)
def test_a_policy_that_cannot_be_meant_so_is_refused(spec: dict[str, Any], expected: str) -> None:
    assert complaint(described(**spec)) == expected


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (
            "apiVersion",
            "scalebridge/v2",
            "apiVersion: input should be 'scalebridge/v1', not 'scalebridge/v2'",
        ),
        ("kind", "HPA", "kind: input should be 'ScalingPolicy', not 'HPA'"),
        ("metadata", {}, "metadata.name: required, but missing"),
        ("spec", [], "spec: expected a mapping, not a list"),
        ("status", {}, "status: unknown field"),
    ],
)
def test_the_envelope_is_checked_too(field: str, value: object, expected: str) -> None:
    assert complaint({**described(), field: value}) == expected
