"""A policy says what the HPA would, with the HPA's defaults, and refuses everything else."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.decide.wishes import order_of
from bridge.manifest.target import Target
from bridge.policy.behavior import ScalingPolicyRule
from bridge.policy.loading import parse_policy
from bridge.policy.model import ScaleTargetRef
from tests.policy.given import metric, policy, ruled

EXAMPLES = sorted((Path(__file__).parents[2] / "policies").glob("*.yaml"))


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


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_policies_of_the_demo_are_valid(path: Path) -> None:
    assert parse_policy(path.read_bytes(), path.name).name == path.stem


def test_a_copy_of_a_reference_has_a_target_of_its_own() -> None:
    one = ScaleTargetRef(name="web", namespace="shop")
    assert str(one.target) == "Deployment/shop/web"
    other = one.model_copy(update={"name": "api"})
    assert str(other.target) == "Deployment/shop/api"
    assert str(one.target) == "Deployment/shop/web"
