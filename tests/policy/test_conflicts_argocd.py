"""What Argo CD is told to ignore hides a governed count."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.manifest.claims import layers
from tests.policy.disputed import (
    APP,
    BASE,
    DEPLOYMENT,
    OURS,
    at,
    conflicts,
    told,
)


def application(ignored: str, *, path: str = "apps", url: str = OURS, options: str = "[]") -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n"
        f"  source: {{repoURL: '{url}', path: {path}, targetRevision: main}}\n"
        f"  syncPolicy: {{syncOptions: {options}}}\n"
        f"  ignoreDifferences:\n    - {ignored}\n"
    )


@pytest.mark.parametrize(
    ("ignored", "expected"),
    [
        ("{group: apps, kind: Deployment, jsonPointers: [/spec/replicas]}", "error"),
        ("{group: apps, kind: Deployment, jsonPointers: [/spec]}", "error"),
        ("{group: '*', kind: '*', jsonPointers: [/metadata, /spec/replicas]}", "error"),
        ("{kind: Deployment, name: web, namespace: shop, jsonPointers: [/spec/replicas]}", "error"),
        ("{kind: Deployment, name: api, jsonPointers: [/spec/replicas]}", None),
        ("{kind: Deployment, namespace: other, jsonPointers: [/spec/replicas]}", None),
        ("{kind: StatefulSet, jsonPointers: [/spec/replicas]}", None),
        ("{group: batch, kind: Deployment, jsonPointers: [/spec/replicas]}", None),
        ("{kind: Deployment, jsonPointers: [/spec/replicasOfOld, /spec/template]}", None),
        ("{kind: Deployment, jqPathExpressions: ['.spec.replicas']}", "error"),
        ("{kind: Deployment, jqPathExpressions: ['.spec[\"replicas\"]?']}", "error"),
        ("{kind: Deployment, jqPathExpressions: ['.spec | .replicas']}", "error"),
        ("{kind: Deployment, jqPathExpressions: ['.spec.replicas | select(. > 3)']}", "warning"),
        ("{kind: Deployment, jqPathExpressions: ['.spec.template']}", None),
        ("{kind: Deployment, jsonPointers: [/spec~2replicas]}", None),
        ("{kind: Deployment, managedFieldsManagers: [kube-controller-manager]}", "warning"),
    ],
)
def test_what_argo_cd_ignores(ignored: str, expected: str | None) -> None:
    found = told({**APP, "argocd/shop.yaml": application(ignored)})
    assert found == ([f"argocd/shop.yaml:8 {expected}"] if expected else [])


HIDES = "{kind: Deployment, jsonPointers: [/spec/replicas]}"


def test_what_comes_of_it_depends_on_whether_syncs_respect_it() -> None:
    [found] = conflicts({**APP, "shop.yaml": application(HIDES)})
    assert "its commits start no sync" in found.text
    respected = application(HIDES, options="[RespectIgnoreDifferences=true]")
    [found] = conflicts({**APP, "shop.yaml": respected})
    assert found.text == (
        "Application shop ignores /spec/replicas of Deployment/shop/web: no sync changes it; take "
        "it out of ignoreDifferences"
    )


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(application(HIDES, path="other"), id="of another path"),
        pytest.param(application(HIDES, path="app"), id="of a path with a like name"),
        pytest.param(application(HIDES, path="."), id="of a folder above, not recursing"),
        pytest.param(application(HIDES, url="https://elsewhere/x.git"), id="of another repo"),
        pytest.param(application(HIDES).replace("main", "v1"), id="of another branch"),
        pytest.param(application(HIDES).replace("argoproj.io", "app.k8s.io"), id="of another kind"),
    ],
)
def test_an_application_of_something_else(app: str) -> None:
    assert told({**APP, "shop.yaml": app}) == []


def test_an_application_reaches_its_count_through_overlays() -> None:
    files = {**BASE, "prod/kustomization.yaml": "resources: [../base]\n"}
    assert told({**files, "a.yaml": application(HIDES, path="prod")}) == ["a.yaml:8 error"]
    assert told({**files, "a.yaml": application(HIDES, path="base")}) == ["a.yaml:8 error"]
    aside = {**files, "aside/kustomization.yaml": "resources: []\n"}
    assert told({**aside, "a.yaml": application(HIDES, path="aside")}) == []


def test_an_application_recurses_into_folders_and_charts() -> None:
    app = application(HIDES, path=".").replace("path: .,", "path: ., directory: {recurse: true},")
    assert told({**APP, "shop.yaml": app}) == ["shop.yaml:8 error"]
    chart = {"charts/web/values.yaml": "replicas: 3\n", "charts/web/Chart.yaml": "name: web\n"}
    values = at("charts/web/values.yaml", ("replicas",))
    of_chart = application(HIDES, path="charts/web")
    assert told({**chart, "shop.yaml": of_chart}, values) == ["shop.yaml:8 error"]


def application_set(path: str, directory: str = "apps/*") -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec:\n"
        "  generators:\n    - matrix: {generators: [{git: {directories: [{path: "
        f"'{directory}'}}]}}}}, {{clusters: {{}}}}]}}\n"
        f"  template:\n    spec:\n      source: {{repoURL: {OURS}, path: '{path}'}}\n"
        f"      ignoreDifferences:\n        - {HIDES}\n"
    )


@pytest.mark.parametrize(
    ("path", "directory", "hides"),
    [
        ("{{path}}", "apps/*", "error"),
        ("{{.path.path}}", "apps/*", "error"),
        ("{{ .path.path }}/prod", "apps/*", ""),
        ("{{path}}", "infra/*", ""),
        ("{{path}}", "*", ""),
        ("apps/{{name}}", "x", "error"),
        ("{{folder}}", "x", "warning"),
        ("apps/web", "x", "error"),
        ("apps/api", "x", ""),
    ],
)
def test_an_application_set_is_taken_by_its_generators(
    path: str, directory: str, hides: str
) -> None:
    files = {"apps/web/web.yaml": DEPLOYMENT, "set.yaml": application_set(path, directory)}
    assert told(files) == ([f"set.yaml:11 {hides}"] if hides else [])


def test_the_work_for_one_count_does_not_grow_with_the_repo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {**BASE, "set.yaml": application_set("{{path}}", "x/*")}
    compared = []

    def fits(folder: str, glob: str, fits: Callable[[str, str], bool] = layers._fits) -> bool:
        compared.append(folder)
        return fits(folder, glob)

    monkeypatch.setattr(layers, "_fits", fits)
    assert told(files) == []
    few = len(compared)
    more = {f"x/{n}/kustomization.yaml": "resources: []\n" for n in range(50)}
    compared.clear()
    assert told({**files, **more}) == []
    assert len(compared) == few > 0
