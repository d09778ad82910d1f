"""A step that was limited says by what, and by which field of the policy."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.decide.decision import Step
from tests.decide.given import decided, moment
from tests.policy.given import policy

RULES = [
    {"type": "Pods", "value": 1, "periodSeconds": 60},
    {"type": "Percent", "value": 50, "periodSeconds": 120},
]
OFF = {"selectPolicy": "Disabled", "policies": RULES, "stabilizationWindowSeconds": 0}
SLOW = {"policies": RULES, "stabilizationWindowSeconds": 0}


@pytest.mark.parametrize(
    ("load", "spec", "step"),
    [
        pytest.param(
            1900,
            {"behavior": {"scaleUp": SLOW}},
            Step("limited by 50 % per 120 s to 6", "spec.behavior.scaleUp.policies.1"),
            id="up by percent",
        ),
        pytest.param(
            1900,
            {"behavior": {"scaleUp": {**SLOW, "selectPolicy": "Min"}}},
            Step("limited by 1 pod per 60 s to 5", "spec.behavior.scaleUp.policies.0"),
            id="up by pods",
        ),
        pytest.param(
            10,
            {"behavior": {"scaleDown": SLOW}},
            Step("limited by 50 % per 120 s to 2", "spec.behavior.scaleDown.policies.1"),
            id="down by percent",
        ),
        pytest.param(
            1900,
            {"behavior": {"scaleUp": OFF}},
            Step("limited by selectPolicy Disabled to 4", "spec.behavior.scaleUp.selectPolicy"),
            id="disabled",
        ),
        pytest.param(
            10,
            {"behavior": {"scaleDown": SLOW}, "pausedScaleIn": True},
            Step("limited by pausedScaleIn to 4", "spec.pausedScaleIn"),
            id="paused down",
        ),
        pytest.param(
            1900,
            {"pausedScaleOut": True},
            Step("limited by pausedScaleOut to 4", "spec.pausedScaleOut"),
            id="paused up",
        ),
        pytest.param(
            1900,
            {"behavior": {"scaleUp": SLOW}, "maxReplicas": 5},
            Step("limited by maxReplicas to 5", "spec.maxReplicas"),
            id="the maximum",
        ),
    ],
)
def test_the_step_names_what_limited_it(load: float, spec: dict[str, Any], step: Step) -> None:
    made = decided(policy(**spec), moment(0, 4, load=load), 4)
    assert made.steps[-1] == step
