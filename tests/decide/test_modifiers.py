"""One value made of all metrics by a formula."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.decide.given import decided, every_15_s, moment
from tests.policy.given import metric, policy

JOBS = {**metric("load"), "name": "jobs", "query": "jobs"}
FALLBACK = {"failureThreshold": 1, "replicas": 4, "behavior": "scalingModifiers"}


def composite(formula: str, **more: Any) -> dict[str, Any]:
    return {
        "metrics": [metric("load"), JOBS],
        "scalingModifiers": {"formula": formula, "target": 10, **more},
    }


def test_the_formulas_value_counts_alone() -> None:
    made = decided(policy(**composite("load + jobs * 2")), moment(load=20, jobs=15), 3)
    assert (made.desired, made.reasons) == (5, ("formula 50 at 10 per replica asks for 5",))


def test_a_value_target_of_the_formula() -> None:
    asked = policy(**composite("max(load, jobs)", metricType="Value"))
    assert decided(asked, moment(ready=2, load=5, jobs=20), 2).desired == 4


def test_one_unknown_metric_makes_it_unknown() -> None:
    made = decided(policy(**composite("load + jobs")), moment(load=None, jobs=15), 3)
    assert made.desired == 3
    assert made.errors == ("load unknown (no data)",)


def test_a_metric_that_failed_for_long_may_be_nil() -> None:
    asked = policy(**composite("(load ?? 60) + jobs"), fallback=FALLBACK)
    past = every_15_s(range(15, 90, 15), load=None, jobs=10)
    assert decided(asked, moment(load=None, jobs=10), 3, past).desired == 7


def test_nil_itself_falls_back_to_replicas() -> None:
    asked = policy(**composite("load ?? jobs"), fallback=FALLBACK)
    assert decided(asked, moment(load=None, jobs=None), 3, []).desired == 4


def test_arithmetic_with_nil_is_unknown() -> None:
    asked = policy(**composite("load + jobs"), fallback=FALLBACK)
    made = decided(asked, moment(load=None, jobs=1), 3, [])
    assert made.desired == 3
    assert "formula: + needs two numbers" in made.reason


@pytest.mark.parametrize(
    ("formula", "got"),
    [
        ("load / jobs", "inf"),
        ("jobs / jobs", "nan"),
        ("-load / jobs", "-inf"),
        ("load ^ 9", "1e+18"),
    ],
)
def test_no_scale_down_by_what_is_no_finite_number(formula: str, got: str) -> None:
    made = decided(policy(**composite(formula)), moment(load=100, jobs=0), 3)
    assert made.desired == 3
    assert made.errors == (f"formula: expected a finite number, got {got}",)


def test_a_static_fallback_takes_the_formulas_place() -> None:
    static = {**FALLBACK, "behavior": "static"}
    asked = policy(**composite("load + jobs"), fallback=static)
    made = decided(asked, moment(load=None, jobs=90), 3, [])
    assert made.desired == 4


def test_the_formula_decides_on_activity() -> None:
    asked = policy(**composite("load + jobs", activationTarget=30), minReplicas=0)
    assert decided(asked, moment(load=20, jobs=10), 0).desired == 0
    assert decided(asked, moment(load=20, jobs=11), 0).desired == 4


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        (composite("load +"), "unexpected"),
        (composite("load + cpu"), "unknown name cpu"),
        (composite("load > 1"), "float does not go with bool"),
        (composite("load", target=0), "greater than or equal"),
        ({**composite("load", target="2.5"), "fallback": FALLBACK}, "whole number"),
    ],
)
def test_a_formula_that_can_not_be_meant_so(spec: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        policy(**spec)
