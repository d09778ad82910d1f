"""What else owns, hides, overrides or freezes a count that a policy governs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.manifest.claims import layers
from bridge.manifest.locator import Field, Locator
from bridge.manifest.target import Target
from tests.policy.disputed import DEPLOYMENT, OURS, WEB, at, conflicts, entry, told

BASE = {"base/web.yaml": DEPLOYMENT, "base/kustomization.yaml": "resources: [web.yaml]\n"}
APP = {"apps/web.yaml": DEPLOYMENT}


def hpa(kind: str = "Deployment", name: str = "web", namespace: str = "shop") -> str:
    return (
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\n"
        f"spec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: {kind}, name: {name}}}\n"
        "  minReplicas: 3\n  maxReplicas: 9\n"
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


PATCH = "patch: '[{op: replace, path: /spec/replicas, value: 5}]'"
MERGE = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 5}\n"


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        pytest.param("replicas:\n- {name: web, count: 5}", ["prod/kustomization.yaml:3 error"],
                     id="replicas"),
        pytest.param("replicas:\n- {name: api, count: 5}", [], id="replicas of another"),
        pytest.param("patches:\n- path: patch.yaml", ["prod/kustomization.yaml:3 error"],
                     id="a merge by file"),
        pytest.param("patchesStrategicMerge:\n- patch.yaml", ["prod/kustomization.yaml:3 error"],
                     id="a merge by file, as it was"),
        pytest.param("patches:\n- path: other.yaml", [], id="a merge of something else"),
        pytest.param("patches:\n- target: {kind: Deployment, name: w.*}\n  " + PATCH,
                     ["prod/kustomization.yaml:3 error"], id="a JSON patch by expression"),
        pytest.param("patches:\n- target: {kind: StatefulSet}\n  " + PATCH, [],
                     id="a JSON patch of another kind"),
        pytest.param("patches:\n- target: {labelSelector: tier=front}\n  " + PATCH,
                     ["prod/kustomization.yaml:3 error"], id="by labels"),
        pytest.param("patches:\n- target: {labelSelector: tier=back}\n  " + PATCH, [],
                     id="by other labels"),
        pytest.param("patchesJson6902:\n- target: {version: v1, kind: Deployment, name: web}\n  "
                     "path: ops.yaml", ["prod/kustomization.yaml:3 error"], id="by a file of ops"),
        pytest.param("patches:\n- target: {kind: Deployment}\n  patch: |\n"
                     "    - {op: test, path: /spec/replicas, value: 3}", [], id="a mere test"),
        pytest.param("patches:\n- target: {kind: Deployment}\n  patch: |\n"
                     "    - {op: add, path: /spec/paused, value: true}", [], id="another field"),
        pytest.param("components: [../more]", ["more/kustomization.yaml:4 error"],
                     id="a component"),
        pytest.param("replacements:\n- source: {kind: ConfigMap, fieldPath: data.n}\n  targets:\n"
                     "  - {select: {kind: Deployment}, fieldPaths: [spec.replicas]}",
                     ["prod/kustomization.yaml:5 error"], id="a replacement"),
    ],
)  # fmt: skip
def test_an_overlay_that_makes_the_base_void(overlay: str, expected: list[str]) -> None:
    files = {
        **BASE,
        "prod/kustomization.yaml": f"resources: [../base]\n{overlay}\n",
        "prod/patch.yaml": MERGE,
        "prod/other.yaml": MERGE.replace("name: web", "name: api"),
        "prod/ops.yaml": "- op: replace\n  path: /spec/replicas\n  value: 5\n",
        "more/kustomization.yaml": "kind: Component\n\nreplicas:\n- {name: web, count: 5}\n",
    }
    assert told(files) == expected


def test_a_component_may_bring_the_workload_itself() -> None:
    part = "kind: Component\nresources: [web.yaml]\n"
    overlay = "components: [../part]\n"
    files = {"part/web.yaml": DEPLOYMENT, "part/kustomization.yaml": part}
    assert told({**files, "prod/kustomization.yaml": overlay}) == []
    sets = f"{overlay}replicas: [{{name: web, count: 5}}]\n"
    assert told({**files, "prod/kustomization.yaml": sets}) == ["prod/kustomization.yaml:2 error"]


def test_the_text_of_a_void_count() -> None:
    overlay = "resources: [../base]\nreplicas: [{name: web, count: 5}]\n"
    [found] = conflicts({**BASE, "prod/kustomization.yaml": overlay})
    assert str(found) == (
        "web: prod/kustomization.yaml:2: kustomization sets spec.replicas of Deployment/shop/web: "
        "the count in base/web.yaml:8 has no effect"
    )


def test_where_only_one_of_two_overlays_does_it_may_be_meant() -> None:
    dev = "resources: [../base]\nreplicas: [{name: web, count: 1}]\n"
    files = {**BASE, "dev/kustomization.yaml": dev}
    assert told(files) == ["dev/kustomization.yaml:2 error"]
    assert told({**files, "prod/kustomization.yaml": "resources: [../base]\n"}) == [
        "dev/kustomization.yaml:2 warning"
    ]


def test_the_entry_or_patch_that_is_governed_itself_is_no_override() -> None:
    overlay = "resources: [../base]\npatches: [{path: p.yaml}]\nreplicas: [{name: web, count: 5}]\n"
    files = {**BASE, "prod/kustomization.yaml": overlay, "prod/p.yaml": MERGE}
    assert told(files, entry("prod/kustomization.yaml")) == []
    patch = replace(WEB, namespace=None, at=Locator(Field(), "prod/p.yaml"))
    assert told(files, patch) == ["prod/kustomization.yaml:3 error"]
    above = "resources: [../prod]\nreplicas: [{name: web, count: 5}]\n"
    files = {**files, "top/kustomization.yaml": above}
    assert told(files, entry("prod/kustomization.yaml")) == ["top/kustomization.yaml:2 error"]


def test_a_name_that_got_a_prefix_is_known_by_both() -> None:
    middle = "namePrefix: eu-\nresources: [../base]\n"
    for name in ("web", "eu-web"):
        top = f"resources: [../eu]\nreplicas: [{{name: {name}, count: 5}}]\n"
        files = {**BASE, "eu/kustomization.yaml": middle, "top/kustomization.yaml": top}
        assert told(files) == ["top/kustomization.yaml:2 error"]


def test_loops_and_references_out_of_the_repo_lead_nowhere() -> None:
    files = {
        **BASE,
        "a/kustomization.yaml": "resources: [../base, ../b, ../../../x, https://x/y?ref=1]\n",
        "b/kustomization.yaml": "resources: [../a]\nreplicas: [{name: web, count: 5}]\n",
    }
    assert told(files) == []


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
