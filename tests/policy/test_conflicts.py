"""Who else owns a count that a policy governs."""

from __future__ import annotations

import posixpath
from unittest.mock import Mock

import pytest

from bridge.manifest.locator import Field, Locator
from bridge.manifest.target import Target
from tests.policy.disputed import (
    APP,
    DEPLOYMENT,
    WEB,
    at,
    conflicts,
    hpa,
    told,
)


def scaled_object(annotations: str = "{}") -> str:
    return (
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"
        f"metadata: {{name: web, namespace: shop, annotations: {annotations}}}\n"
        "spec:\n  scaleTargetRef: {name: web}\n  minReplicaCount: 2\n"
    )


def rollout(scale_down: str = "onsuccess") -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web, namespace: shop}\n"
        "spec:\n  replicas: 3\n  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web, "
        f"scaleDown: {scale_down}}}\n"
    )


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(hpa(), ["apps/other.yaml:1 error"], id="an HPA"),
        pytest.param(hpa(kind="StatefulSet"), [], id="an HPA of another kind"),
        pytest.param(hpa(name="api"), [], id="an HPA of another workload"),
        pytest.param(hpa(namespace="other"), [], id="an HPA in another namespace"),
        pytest.param(
            "kind: List\napiVersion: v1\nitems:\n- "
            + hpa().replace("\n", "\n  ").rstrip(),
            ["apps/other.yaml:4 error"],
            id="an HPA in a List",
        ),
        pytest.param(
            f"{DEPLOYMENT.replace('web', 'api')}---\n{hpa()}",
            ["apps/other.yaml:10 error"],
            id="an HPA behind another document",
        ),
        pytest.param(scaled_object(), ["apps/other.yaml:1 error"], id="a ScaledObject"),
        pytest.param(
            scaled_object("{autoscaling.keda.sh/paused: 'true'}"),
            ["apps/other.yaml:1 warning"],
            id="a paused ScaledObject",
        ),
        pytest.param(
            scaled_object("{autoscaling.keda.sh/paused: 'false'}"),
            ["apps/other.yaml:1 error"],
            id="one that says it is not paused",
        ),
        pytest.param(rollout(), ["apps/other.yaml:1 error"], id="a Rollout that takes it over"),
        pytest.param(rollout("never"), ["apps/other.yaml:1 warning"], id="one that leaves it"),
        pytest.param("kind: HorizontalPodAutoscaler\nspec: [", [], id="what is no YAML"),
    ],
)  # fmt: skip
def test_an_owner_beside_the_workload(other: str, expected: list[str]) -> None:
    assert told({**APP, "apps/other.yaml": other}) == expected


def test_an_owner_in_the_same_file() -> None:
    assert told({"apps/web.yaml": f"{DEPLOYMENT}---\n{hpa()}"}) == ["apps/web.yaml:10 error"]


def test_the_text_names_both_and_says_what_to_do() -> None:
    [found] = conflicts({**APP, "apps/hpa.yaml": hpa()})
    assert str(found) == (
        "web: apps/hpa.yaml:1: HorizontalPodAutoscaler/shop/web also sets the replicas of "
        "Deployment/shop/web: two owners of one number: keep one"
    )


def test_the_rollout_itself_may_be_governed() -> None:
    files = {**APP, "apps/rollout.yaml": rollout()}
    assert told(files, Target("Rollout", "web", "shop", "argoproj.io/v1alpha1")) == []


@pytest.mark.parametrize(
    ("text", "key"), [(hpa(), "minReplicas"), (scaled_object(), "minReplicaCount")]
)
def test_the_floor_of_an_autoscaler_is_no_conflict(text: str, key: str) -> None:
    files = {**APP, "apps/scaler.yaml": text}
    assert told(files, at("apps/scaler.yaml", ("spec", key))) == []
    kind = "HorizontalPodAutoscaler" if key == "minReplicas" else "ScaledObject"
    own = Target(kind, "web", "shop", at=Locator(Field(("spec", key)), "apps/scaler.yaml"))
    assert told(files, own) == []


def test_both_the_floor_and_the_count_are_one_too_many() -> None:
    files = {**APP, "apps/hpa.yaml": hpa()}
    assert told(files, at("apps/hpa.yaml", ("spec", "minReplicas")), WEB) == [
        "apps/hpa.yaml:1 error"
    ]


def test_of_several_copies_an_autoscaler_owns_the_nearest() -> None:
    files = {"a/web.yaml": DEPLOYMENT, "b/web.yaml": DEPLOYMENT, "b/hpa.yaml": hpa()}
    assert told(files, at("a/web.yaml", ("spec", "replicas"))) == []
    assert told(files, at("b/web.yaml", ("spec", "replicas"))) == ["b/hpa.yaml:1 error"]


def test_an_autoscaler_that_is_deployed_elsewhere_owns_nothing_here() -> None:
    files = {
        "a/web.yaml": DEPLOYMENT,
        "a/kustomization.yaml": "resources: [web.yaml]\n",
        "b/hpa.yaml": hpa(),
        "b/kustomization.yaml": "resources: [hpa.yaml]\n",
    }
    assert told(files) == []
    both = {**files, "both/kustomization.yaml": "resources: [../a, ../b]\n"}
    assert told(both) == ["b/hpa.yaml:1 error"]


def test_a_mere_place_in_a_file_has_no_conflicts() -> None:
    values = Target("", "values", at=Locator(Field(("replicas",)), "apps/values.yaml"))
    assert told({**APP, "apps/values.yaml": "replicas: 3\n", "hpa.yaml": hpa()}, values) == []


def test_insane_manifests_are_passed_over() -> None:
    odd = {
        "a/kustomization.yaml": "resources: 3\npatches: [1, {patch: 2}]\nreplicas: {a: b}\n",
        "b/kustomization.yaml": "- a list\n",
        "c.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: [1]}\n",
        "d.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: []\n",
        "e.yaml": "kind: HorizontalPodAutoscaler\nspec: {scaleTargetRef: web}\n",
    }
    assert told({**APP, **odd}) == []


def test_many_of_one_name_are_told_apart_by_one_look_at_each_pair(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without namespaces, only the folders tell whose autoscaler it is."""
    folders = [f"apps/{number}" for number in range(30)]
    web = DEPLOYMENT.replace("  namespace: shop\n", "")
    autoscaler = hpa().replace(", namespace: shop", "")
    files = {f"{folder}/web.yaml": web for folder in folders}
    files |= {f"{folder}/hpa.yaml": autoscaler for folder in folders}
    targets = [at(f"{folder}/web.yaml", ("spec", "replicas")) for folder in folders]
    compared = Mock(side_effect=posixpath.dirname)
    monkeypatch.setattr("bridge.policy.conflicts.posixpath.dirname", compared)
    assert told(files, *targets) == sorted(f"{folder}/hpa.yaml:1 error" for folder in folders)
    assert compared.call_count <= 4 * len(folders) ** 2
