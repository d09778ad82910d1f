"""Our reading of an overlay, held against what kustomize itself builds of it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.parts.gate import builder
from tests.policy.disputed import DEPLOYMENT, at, told

OPERATION = "\n  patch: |-\n    - op: replace\n      path: /spec/replicas\n      value: 5\n"
MERGE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 5}
"""
INLINE = "  patch: |-\n" + "".join(f"    {line}\n" for line in MERGE.splitlines())


def selecting(target: str) -> str:
    return f"patches:\n- target: {target}{OPERATION}"


OVERLAYS = {
    "an entry": "replicas: [{name: web, count: 5}]\n",
    "a merge by file": "patches: [{path: merge.yaml}]\n",
    "a merge in place": f"patches:\n-{INLINE[1:]}",
    "a merge of null": f"patches:\n-{INLINE[1:]}".replace("replicas: 5", "replicas: null"),
    "a merge of another field": f"patches:\n-{INLINE[1:]}".replace("replicas: 5", "paused: true"),
    "by kind": selecting("{kind: Deployment}"),
    "by a part of the kind": selecting("{kind: Deploy}"),
    "by alternatives": selecting("{kind: Deployment|StatefulSet}"),
    "by an expression": selecting("{name: w.*}"),
    "by a part of the name": selecting("{name: we}"),
    "by group and version": selecting("{group: apps, version: v1}"),
    "by another version": selecting("{version: v2}"),
    "by namespace": selecting("{namespace: shop}"),
    "by another namespace": selecting("{namespace: other}"),
    "by labels": selecting("{labelSelector: tier=front}"),
    "by other labels": selecting("{labelSelector: tier=back}"),
    "by what labels are not": selecting("{labelSelector: tier!=front}"),
    "by a label's absence": selecting("{labelSelector: '!tier'}"),
    "a prefix and the old name": "namePrefix: eu-\nreplicas: [{name: web, count: 5}]\n",
    "a component": "components: [../more]\n",
}
"""By what is tried in it."""


def files(overlay: str, replicas: int) -> Mapping[str, str]:
    return {
        "base/web.yaml": DEPLOYMENT.replace("replicas: 3", f"replicas: {replicas}"),
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "prod/kustomization.yaml": f"resources: [../base]\n{overlay}",
        "prod/merge.yaml": MERGE,
        "more/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\n"
        "kind: Component\nreplicas: [{name: web, count: 5}]\n",
    }


def built(folder: Path, overlay: str, replicas: int) -> bytes:
    for path, text in files(overlay, replicas).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    done = subprocess.run([*builder(), str(folder / "prod")], capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("overlay", OVERLAYS.values(), ids=OVERLAYS)
def test_a_void_count_is_void_for_both(overlay: str, tmp_path: Path) -> None:
    void = built(tmp_path, overlay, 3) == built(tmp_path, overlay, 4)
    base = at("base/web.yaml", ("spec", "replicas"))
    assert bool(told(files(overlay, 3), base)) is void
