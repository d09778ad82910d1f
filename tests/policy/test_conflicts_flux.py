"""What Flux overrides, suspends or leaves alone freezes a governed count."""

from __future__ import annotations

import pytest

from tests.policy.disputed import (
    APP,
    DEPLOYMENT,
    MERGE,
    OURS,
    PATCH,
    conflicts,
    told,
)


def flux(more: str, path: str = "./apps") -> str:
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: shop, namespace: flux-system}}\nspec:\n  path: {path}\n  {more}\n"
    )


@pytest.mark.parametrize(
    ("kustomization", "expected"),
    [
        pytest.param(
            flux("patches: [{target: {kind: Deployment}, " + PATCH + "}]"), "6 error", id="patch"
        ),
        pytest.param(
            flux("patches: [{target: {kind: Deployment}, " + PATCH + "}]", "./other"),
            None,
            id="of another path",
        ),
        pytest.param(flux("patches: [{target: {name: api}, " + PATCH + "}]"), None, id="of others"),
        pytest.param(
            flux("patches: [{patch: '" + MERGE.replace("\n", "\n\n      ") + "'}]"),
            "6 error",
            id="merge",
        ),
        pytest.param(
            flux("patchesJson6902: [{target: {kind: Deployment, name: web}, "
                 "patch: [{op: add, path: /spec/replicas, value: 2}]}]"),
            "6 error",
            id="before v1",
        ),
        pytest.param(flux("suspend: true"), "6 warning", id="suspended"),
        pytest.param(flux("suspend: false"), None, id="not suspended"),
        pytest.param(flux("prune: true", "./"), None, id="nothing of it"),
    ],
)  # fmt: skip
def test_a_flux_kustomization(kustomization: str, expected: str | None) -> None:
    found = told({**APP, "clusters/shop.yaml": kustomization})
    assert found == ([f"clusters/shop.yaml:{expected}"] if expected else [])


@pytest.mark.parametrize("kind", ["annotations", "labels"])
def test_an_object_that_flux_leaves_alone(kind: str) -> None:
    key = f"  {kind}: {{kustomize.toolkit.fluxcd.io/reconcile: disabled}}\nspec:"
    plain = DEPLOYMENT.replace("  labels: {tier: front}\n", "")
    [found] = conflicts({"apps/web.yaml": plain.replace("spec:", key)})
    assert (str(found), found.is_error) == (
        "web: apps/web.yaml:1: Flux leaves Deployment/shop/web as it is (reconcile: disabled)",
        False,
    )
    enabled = plain.replace("spec:", key).replace("disabled", "enabled")
    assert told({"apps/web.yaml": enabled}) == []


def git_repository(url: str, branch: str) -> str:
    return (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n"
        "metadata: {name: team, namespace: flux-system}\n"
        f"spec: {{url: {url}, ref: {{branch: {branch}}}}}\n"
    )


TEAMS = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  suspend: true
  sourceRef: {kind: GitRepository, name: team}
"""
THEIRS = "https://git.example.com/team/app.git"


@pytest.mark.parametrize(
    ("origins", "concerns"),
    [
        pytest.param([], True, id="not told"),
        pytest.param([(OURS, "main")], True, id="ours"),
        pytest.param([(OURS, "next")], False, id="another branch"),
        pytest.param([(THEIRS, "main")], False, id="another repo"),
        pytest.param([(THEIRS, "main"), (OURS, "main")], True, id="one of each cluster"),
    ],
)
def test_a_flux_kustomization_takes_what_its_source_has(
    origins: list[tuple[str, str]], concerns: bool
) -> None:
    sources = {f"c{n}/team.yaml": git_repository(*one) for n, one in enumerate(origins)}
    found = told({**APP, "teams.yaml": TEAMS, **sources})
    assert found == (["teams.yaml:6 warning"] if concerns else [])
