"""Conflicts as validate, doctor and the service tell them; and what kustomize itself renders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.repo.state_repo import StateRepo as Opened
from bridge.service import rendering
from bridge.service.validation import validated
from bridge.settings.state_repo import StateRepoSettings
from tests.commands.conftest import Run, invoking
from tests.conftest import DEPLOYMENT
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.gate import builder, shared
from tests.parts.state_repo import StateRepo
from tests.service.program import configured, policy, running

run = pytest.fixture(invoking, name="run")

HPA = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: checkout, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: checkout}
  maxReplicas: 9
"""
IGNORING = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  source: {repoURL: "%s", path: apps}
  ignoreDifferences:
    - {kind: Deployment, name: search, managedFieldsManagers: [kube-controller-manager]}
"""
TOLD = "checkout: apps/hpa.yaml:1: HorizontalPodAutoscaler/shop/checkout also sets the replicas"


@pytest.fixture
def disputed(shop: StateRepo) -> StateRepo:
    """With an HPA among the manifests, and an Application outside of the search path."""
    files = {"apps/hpa.yaml": HPA, "argocd/shop.yaml": IGNORING % shop.url}
    shop.write(files, "Let others scale too")
    return shop


@pytest.fixture
def config(shop: StateRepo, fake: FakePrometheus, tmp_path: Path) -> Path:
    """Between the two."""
    return configured(tmp_path, fake.url, {"url": shop.url})


def test_validate_tells_errors_and_warnings(run: Run, config: Path, disputed: StateRepo) -> None:
    done = run("validate", "--config", config)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "warning: search: argocd/shop.yaml:7: Application shop ignores managedFieldsManagers "
        "kube-controller-manager of Deployment/shop/search: its commits start no sync; take it out "
        "of ignoreDifferences",
        "policies: 2 valid; problems: 1",
    ]
    assert done.stderr.startswith(TOLD)
    facts = json.loads(run("validate", "--config", config, "--json").stdout)
    assert (len(facts["problems"]), len(facts["warnings"])) == (1, 1)
    disputed.write({"apps/hpa.yaml": None}, "Let one scale")
    done = run("validate", "--config", config)
    assert (done.exit_code, done.stderr) == (0, "")


def test_doctor_has_a_check_of_its_own(run: Run, config: Path, disputed: StateRepo) -> None:
    def conflicts() -> str:
        lines = run("doctor", "--config", config).stdout.splitlines()
        [line] = [line for line in lines if " conflicts: " in line]
        return line

    assert conflicts().startswith(f"FAILED conflicts: 1, the first: {TOLD}")
    disputed.write({"apps/hpa.yaml": None}, "Let one scale")
    assert conflicts().startswith("ok     conflicts: warnings: 1, the first: search: argocd/")
    disputed.write({"argocd/shop.yaml": None}, "Ignore nothing")
    assert conflicts() == "ok     conflicts: nothing else in the repo has a say over these counts"


@pytest.mark.usefixtures("disputed")
def test_the_service_warns_and_goes_on(config: Path, fake: FakePrometheus) -> None:
    for name in ("checkout", "search"):
        fake.script(name, samples(640))
    with running(config) as program:
        program.until("committed")
        told = program.until("conflict_found")
        assert (told["level"], told["conflict"].startswith(TOLD)) == ("warning", True)
        program.until("conflict_found", times=2)
        shown = program.status()["conflicts"]
        assert [text.partition(":")[0] for text in shown] == ["checkout", "search"]
        assert "<strong>Conflict:</strong> checkout: apps/hpa.yaml:1" in program.page("/")


BASE = {"apps/base/web.yaml": DEPLOYMENT.format(name="web"), "policies/web.yaml": policy("web")}
KUSTOMIZATION = "resources: [web.yaml]\n"
OVERRIDE = "resources: [../base]\nreplicas: [{name: web, count: 5}]\n"


async def void(folder: Path, files: Mapping[str, str]) -> list[str]:
    """What validation tells of a repo with these files in apps."""
    repo = StateRepo.create(folder, {**BASE, **{f"apps/{path}": t for path, t in files.items()}})
    settings = StateRepoSettings(url=repo.url, search_paths=("apps",), mirror=folder / "mirror.git")
    async with Opened(settings) as opened:
        found = await validated(opened)
    assert found.places.problems == {}
    return [f"{one.path}:{one.line} {one.is_error}" for one in found.conflicts]


async def test_what_is_rendered_agrees_with_our_own_reading(tmp_path: Path) -> None:
    builder()
    files = {"base/kustomization.yaml": KUSTOMIZATION, "prod/kustomization.yaml": OVERRIDE}
    assert await void(tmp_path / "one", files) == ["apps/prod/kustomization.yaml:2 True"]
    prefixed = {**files, "prod/kustomization.yaml": "namePrefix: eu-\nresources: [../base]\n"}
    assert await void(tmp_path / "two", prefixed) == []


CONTAINED = """\
resources: [../base]
transformers:
- |-
  apiVersion: builtin
  kind: ReplicaCountTransformer
  metadata: {name: five}
  replica: {name: web, count: 5}
  fieldSpecs: [{path: spec/replicas, create: true, kind: Deployment}]
"""


async def test_what_only_a_build_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder()
    files = {"base/kustomization.yaml": KUSTOMIZATION, "prod/kustomization.yaml": CONTAINED}
    assert await void(tmp_path / "one", files) == ["apps/prod/kustomization.yaml:1 True"]
    monkeypatch.setattr(rendering, "build_command", lambda: None)
    assert await void(tmp_path / "two", files) == []


async def test_what_can_not_be_built_is_judged_by_our_own_reading(tmp_path: Path) -> None:
    broken = f"{OVERRIDE}configMapGenerator: [{{name: x, files: [missing]}}]\n"
    files = {"base/kustomization.yaml": KUSTOMIZATION, "prod/kustomization.yaml": broken}
    assert await void(tmp_path / "one", files) == ["apps/prod/kustomization.yaml:2 True"]


async def test_a_build_never_fetches_anything(tmp_path: Path) -> None:
    remote = OVERRIDE.replace("../base", "../base, 'http://127.0.0.1:9/x?ref=main'")
    files = {"base/kustomization.yaml": KUSTOMIZATION, "prod/kustomization.yaml": remote}
    assert await void(tmp_path / "one", files) == ["apps/prod/kustomization.yaml:2 True"]


async def test_a_build_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "kustomize"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setattr(rendering, "_BUILD_S", 0.2)
    files = {"base/kustomization.yaml": KUSTOMIZATION, "prod/kustomization.yaml": OVERRIDE}
    assert await void(tmp_path / "one", files) == ["apps/prod/kustomization.yaml:2 True"]


async def test_real_manifests_hide_and_override(tmp_path: Path) -> None:
    """Argo CD's example Application, and overlays of others, around a Deployment of ours."""
    corpus = shared("corpus")
    app = (corpus / "011.yaml").read_text("utf-8")
    overlay = (corpus / "099.yaml").read_text("utf-8").replace("../../base", "../base")
    found = await void(
        tmp_path,
        {
            "base/kustomization.yaml": KUSTOMIZATION,
            "prod/kustomization.yaml": overlay.replace("  - namespace.yaml\n", ""),
            "app.yaml": app.replace("https://github.com/argoproj/argocd-example-apps.git", "''")
            .replace("    path: guestbook", "    path: apps/prod")
            .replace("    chart: chart-name", "    # chart:"),
        },
    )
    assert "apps/prod/kustomization.yaml:10 True" in found
    assert "apps/app.yaml:176 True" in found
    assert "apps/app.yaml:181 False" in found
