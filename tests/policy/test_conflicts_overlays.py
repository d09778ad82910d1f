"""A kustomize overlay may make a governed count void."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.manifest.locator import Field, Locator
from tests.policy.disputed import (
    BASE,
    DEPLOYMENT,
    MERGE,
    PATCH,
    WEB,
    conflicts,
    entry,
    told,
)


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
