"""`scalebridge targets`: what the repo holds, where each count stands, and whose it is."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands.conftest import Run
from tests.parts.fake_prometheus import FakePrometheus
from tests.parts.state_repo import StateRepo
from tests.service.program import configured, policy

WEB = {"kind": "Deployment", "name": "web"}
FILES = {
    "apps/web.yaml": "kind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 3\n",
    "apps/api.yaml": "kind: Deployment\nmetadata: {name: api, namespace: shop}\nspec: {}\n",
    "apps/db.yaml": "kind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: '${N}'}\n",
    "apps/map.yaml": "kind: ConfigMap\nmetadata: {name: map}\n",
    "apps/compose.yaml": "services:\n  web:\n    deploy: &d {replicas: 5}\n  job:\n"
    "    deploy: *d\n  api:\n    deploy:\n      replicas: 6\n  db: {image: db}\n",
    "apps/hpa.yaml": "kind: HorizontalPodAutoscaler\nmetadata: {name: api}\nspec:\n"
    "  minReplicas: 2\n  maxReplicas: 9\n---\n"
    "kind: ScaledObject\nmetadata: {name: web}\nspec: {maxReplicaCount: 8}\n",
    "apps/kustomization.yaml": "replicas:\n- name: web\n  count: 4\n",
    "apps/web.tfvars": "web_count = 5 # scalebridge: web\nx = y # scalebridge: x\n",
    "apps/values.yaml": "web: {replicaCount: 2}\nworkers: 6 # scalebridge: workers\n",
    "apps/chart.yaml": "{{ if .Values.x }}\nkind: Deployment\n",
    "policies/a.yaml": policy("web", scaleTargetRef=WEB),
    "policies/b.yaml": policy(
        "helm",
        scaleTargetRef=None,
        target={"file": "apps/values.yaml", "path": "web.replicaCount"},
    ),
    "policies/c.yaml": policy("tf", scaleTargetRef=None, target={"marker": "web"}),
    "policies/e.yaml": policy(
        "floor",
        scaleTargetRef={"kind": "HorizontalPodAutoscaler", "name": "api"},
        target={"file": "apps/hpa.yaml", "path": "/spec/minReplicas"},
    ),
    "policies/d.yaml": policy(
        "api", scaleTargetRef={"kind": "Deployment", "name": "api"}, target={"insert": True}
    ),
}
SHOWN = """\
apps/api.yaml:3: Deployment/api: has no count yet  (policy api)
apps/compose.yaml:3: replicas of service web: line 3: services.web.deploy.replicas stands at \
an anchor, which also changes services.job.deploy.replicas (line 5); allowAnchors permits it
apps/compose.yaml:8: replicas of service api: 6
apps/db.yaml:1: StatefulSet/db: line 3: '${N}' is a template, not a number
apps/hpa.yaml:4: HorizontalPodAutoscaler/api: 2  (policy floor)
apps/hpa.yaml:5: maxReplicas of HorizontalPodAutoscaler/api: 9
apps/hpa.yaml:7: minReplicaCount of ScaledObject/web: line 9: no spec.minReplicaCount; \
spec has: maxReplicaCount (line 9)
apps/hpa.yaml:9: maxReplicaCount of ScaledObject/web: 8
apps/kustomization.yaml:3: replicas of web: 4
apps/values.yaml:1: apps/values.yaml#/web/replicaCount: 2  (policy helm)
apps/values.yaml:2: marker workers: 6
apps/web.tfvars:1: #web: 5  (policy tf)
apps/web.tfvars:2: marker x: line 2: marker x: expected one integer before it, found none
apps/web.yaml:4: Deployment/web: 3  (policy web)
"""


def test_every_count_is_listed_with_its_place_and_policy(
    run: Run, tmp_path: Path, fake: FakePrometheus
) -> None:
    repo = StateRepo.create(tmp_path / "remote", FILES)
    config = configured(tmp_path, fake.url, {"url": repo.url})
    told = run("targets", "--config", config)
    assert (told.exit_code, told.stdout) == (0, SHOWN)
    assert told.stderr == "apps/chart.yaml: line 1: a template ({{ … }}), not YAML\n"
    facts = json.loads(run("targets", "--json", "--config", config).stdout)
    assert len(facts["targets"]) == 14
    assert facts["targets"][-1] == {
        "file": "apps/web.yaml",
        "line": 4,
        "target": "Deployment/web",
        "replicas": 3,
        "policy": "web",
        "reason": None,
    }
    assert facts["unreadable"] == [
        {"file": "apps/chart.yaml", "reason": "line 1: a template ({{ … }}), not YAML"}
    ]
    assert not fake.queries
