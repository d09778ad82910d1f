"""`spec.target`: what it may say, and what the target is called then."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.manifest.locator import Field, KustomizeReplicas, Locator, Marker
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy
from tests.policy.given import policy

WEB = Target("Deployment", "web", "shop", "apps/v1")


def placed(**target: Any) -> ScalingPolicy:
    """A policy with only this place."""
    return policy(scaleTargetRef=None, target=target)


@pytest.mark.parametrize(
    ("target", "name", "locator"),
    [
        pytest.param(
            {"file": "web/values.yaml", "path": "web.replicas"},
            "web/values.yaml#/web/replicas",
            Locator(Field(("web", "replicas")), "web/values.yaml"),
            id="path",
        ),
        pytest.param(
            {"file": "./a.yaml", "path": "/n", "doc": 1, "allowAnchors": True},
            "a.yaml#1/n",
            Locator(Field(("n",), doc=1), "a.yaml", allow_anchors=True),
            id="path in a document",
        ),
        pytest.param(
            {"file": "a.yaml", "path": "/patch", "pattern": r"value: (\d+)"},
            r"a.yaml#/patch~value: (\d+)",
            Locator(Field(("patch",)), "a.yaml", r"value: (\d+)"),
            id="pattern",
        ),
        pytest.param(
            {"file": "kustomization.yaml", "kustomizeReplicas": "web"},
            "kustomization.yaml#replicas/web",
            Locator(KustomizeReplicas("web"), "kustomization.yaml"),
            id="kustomize",
        ),
        pytest.param(
            {"file": "web.tf", "marker": "web"},
            "web.tf#web",
            Locator(Marker("web"), "web.tf"),
            id="marker in a file",
        ),
        pytest.param({"marker": "web"}, "#web", Locator(Marker("web")), id="marker anywhere"),
    ],
)
def test_a_mere_place_is_a_target_named_by_itself(
    target: dict[str, Any], name: str, locator: Locator
) -> None:
    found = placed(**target).target
    assert (found.kind, str(found), found.at) == ("", name, locator)


@pytest.mark.parametrize(
    ("target", "where"),
    [
        pytest.param({"file": "a.yaml"}, Field(owner=WEB), id="its file"),
        pytest.param({"allowAnchors": True}, Field(owner=WEB), id="what is permitted"),
        pytest.param({"insert": True}, Field(owner=WEB), id="insertion"),
        pytest.param({"file": "a.yaml", "path": "n"}, Field(("n",)), id="another place"),
        pytest.param({"marker": "x"}, Marker("x"), id="a marker"),
        pytest.param(
            {"file": "a.yaml", "marker": "x", "path": "n"}, Marker("x", Field(("n",))), id="within"
        ),
    ],
)
def test_a_workload_stays_the_target_wherever_its_count_stands(
    target: dict[str, Any], where: object
) -> None:
    found = policy(target=target).target
    assert (found, str(found)) == (WEB, "Deployment/shop/web")
    assert found.at is not None
    assert found.at.where == where


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({}, "or a target with a path, kustomizeReplicas or marker"),
        ({"file": "a.yaml"}, "expected scaleTargetRef"),
        ({"path": "n"}, "path and kustomizeReplicas need a file"),
        ({"kustomizeReplicas": "web"}, "path and kustomizeReplicas need a file"),
        ({"file": "a", "kustomizeReplicas": "w", "path": "n"}, "kustomizeReplicas stands alone"),
        ({"file": "a", "pattern": "3"}, "pattern needs a path or a marker"),
        ({"marker": "w", "doc": 1}, "doc goes with a path"),
        ({"marker": "w", "insert": True}, "only spec.replicas and an entry of kustomizeReplicas"),
        ({"file": "/a", "path": "n"}, "expected a path inside the state repo"),
        ({"file": "a/../../b", "path": "n"}, "expected a path inside the state repo"),
        ({"file": "a", "path": "n..m"}, "neither a JSON pointer nor a dotted path"),
        ({"file": "a", "path": "n", "pattern": "("}, "is no expression"),
        ({"file": "a", "path": "n", "line": 3}, "Extra inputs are not permitted"),
    ],
)
def test_what_names_no_one_place_is_refused(target: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        placed(**target)


def test_a_policy_without_any_target_is_refused() -> None:
    with pytest.raises(ValidationError, match="expected scaleTargetRef, scaleTargetSelector"):
        policy(scaleTargetRef=None)


def test_a_target_is_worked_out_once() -> None:
    asked = placed(file="web/values.yaml", path="web.replicas")
    assert asked.target is asked.target
