"""A policy says what the HPA would, with the HPA's defaults, and refuses everything else."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from bridge.decide.wishes import order_of
from bridge.errors import PolicyInvalid
from bridge.manifest.target import Target
from bridge.policy.behavior import ScalingPolicyRule
from bridge.policy.loading import parse_policy
from bridge.policy.model import ScaleTargetRef
from tests.policy.given import described, metric, policy

EXAMPLES = sorted((Path(__file__).parents[2] / "policies").glob("*.yaml"))


def complaint(data: dict[str, Any]) -> str:
    """What is wrong with the policy, without the line (the data is dumped in one)."""
    text = yaml.safe_dump(data, default_flow_style=True, width=10_000)
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(text.encode(), "web.yaml")
    return str(refused.value).replace("web.yaml:1: ", "")


def ruled(period: int) -> dict[str, Any]:
    """A direction's only rule, over this many seconds."""
    return {"policies": [{"type": "Pods", "value": 1, "periodSeconds": period}]}


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"minReplicas": 20}, id="a fixed count"),
        pytest.param({"minReplicas": 0, "maxReplicas": 1}, id="one or none"),
        pytest.param({"maxReplicas": 100_000}, id="a hundred thousand"),
        pytest.param({"pollingInterval": 1}, id="every second"),
        pytest.param({"metrics": [{**metric("m"), "query": "x" * 10_000}]}, id="a long query"),
        pytest.param({"metrics": [metric("m", "1m")]}, id="a thousandth"),
        pytest.param({"behavior": {"scaleUp": {"stabilizationWindowSeconds": 3600}}}, id="an hour"),
        pytest.param({"behavior": {"scaleDown": ruled(1800)}}, id="half an hour"),
        pytest.param({"behavior": {"scaleDown": {"tolerance": 0}}}, id="no tolerance"),
    ],
)
def test_the_limits_themselves_are_allowed(spec: dict[str, Any]) -> None:
    assert policy(**spec).target.name == "web"


def test_a_policy_stays_what_it_is() -> None:
    asked = policy()
    with pytest.raises(ValidationError, match="frozen"):
        asked.spec.suspend = True  # type: ignore[misc]  # mypy knows it too


def test_defaults_are_the_hpas() -> None:
    spec, order = policy().spec, order_of(policy())
    up, down = spec.behavior.scale_up, spec.behavior.scale_down
    doubled = ScalingPolicyRule(type="Percent", value=100, period_seconds=15)
    four = ScalingPolicyRule(type="Pods", value=4, period_seconds=15)
    assert (spec.min_replicas, spec.polling_interval, spec.suspend) == (1, 15.0, False)
    assert (spec.in_flight_timeout, spec.override_hold) == (600.0, 1800.0)
    assert (up.stabilization_window_seconds, up.select_policy) == (0, "Max")
    assert (order.windows.down, down.select_policy) == (300, "Max")
    assert (up.policies, down.policies) == ((four, doubled), (doubled,))
    assert order.tolerance.up == order.tolerance.down == 0.1
    assert spec.metrics[0].target.type == "AverageValue"


def test_given_rules_replace_the_default_list_and_leave_the_other_defaults() -> None:
    rule = {"type": "Pods", "value": 1, "periodSeconds": 60}
    asked = policy(behavior={"scaleDown": {"policies": [rule], "tolerance": "50m"}})
    behavior, order = asked.spec.behavior, order_of(asked)
    one = ScalingPolicyRule(type="Pods", value=1, period_seconds=60)
    assert behavior.scale_down.policies == (one,)
    assert order.windows.down == 300
    assert (order.tolerance.up, order.tolerance.down) == (0.1, 0.05)
    assert behavior.scale_up == policy().spec.behavior.scale_up


def test_the_windows_quantiles_are_the_hpas_unless_given() -> None:
    windows = order_of(policy()).windows
    given = (windows.up_quantile, windows.down_quantile, windows.surge)
    assert given == (Decimal(0), Decimal(1), None)
    rules = {
        "scaleUp": {"stabilizationQuantile": "500m", "surge": 1},
        "scaleDown": {"stabilizationQuantile": 0.95},
    }
    windows = order_of(policy(behavior=rules)).windows
    given = (windows.up_quantile, windows.down_quantile, windows.surge)
    assert given == (Decimal("0.5"), Decimal("0.95"), Decimal(1))


@pytest.mark.parametrize("share", ["-1m", "1.01"])
def test_a_quantile_lies_between_0_and_1(share: str) -> None:
    with pytest.raises(ValueError, match="stabilizationQuantile"):
        policy(behavior={"scaleDown": {"stabilizationQuantile": share}})


def test_a_policy_names_its_target() -> None:
    ref = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "api"}
    assert policy("p", scaleTargetRef=ref).target == Target(
        "Rollout", "api", None, "argoproj.io/v1alpha1"
    )
    assert policy("p", scaleTargetRef={"name": "api"}).target == Target("Deployment", "api")
    assert policy("p").name == "p"


@pytest.mark.parametrize(
    ("value", "thousandths"), [("100", 100_000), ("250m", 250), ("1.5k", 1_500_000), (0.001, 1)]
)
def test_a_target_is_counted_in_thousandths(value: str | float, thousandths: int) -> None:
    assert policy(metrics=[metric("m", value)]).spec.metrics[0].target.milli == thousandths


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


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_policies_of_the_demo_are_valid(path: Path) -> None:
    assert parse_policy(path.read_bytes(), path.name).name == path.stem


def test_a_copy_of_a_reference_has_a_target_of_its_own() -> None:
    one = ScaleTargetRef(name="web", namespace="shop")
    assert str(one.target) == "Deployment/shop/web"
    other = one.model_copy(update={"name": "api"})
    assert str(other.target) == "Deployment/shop/api"
    assert str(one.target) == "Deployment/shop/web"
