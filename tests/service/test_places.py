"""Counts that stand elsewhere than in `spec.replicas`, scaled in a real repo; and hand edits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Run, run
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.service.program import configured, policy

__all__ = ["run"]

HELM = "web:\n  replicaCount: @ # two zones\napi:\n  replicaCount: 3\n"
KUSTOMIZATION = "resources: [web.yaml]\nreplicas:\n- name: web\n  count: @\n"
PATCH = "patches:\n- patch: |\n    - op: replace\n      path: /spec/replicas\n      value: @\n"
ANCHOR = "web:\n  replicas: &n @\napi:\n  replicas: *n\n"

PLACES = {
    "tfvars": ("infra/web.tfvars", "web_count = @ # scalebridge: web\r\n", {"marker": "web"}),
    "marker in a named file": (
        "run.sh",
        "export N='@' # scalebridge: web\nM=3",
        {"file": "run.sh", "marker": "web"},
    ),
    "Helm values": (
        "charts/values.yaml",
        HELM,
        {"file": "charts/values.yaml", "path": "web.replicaCount"},
    ),
    "kustomize": (
        "k/kustomization.yaml",
        KUSTOMIZATION,
        {"file": "k/kustomization.yaml", "kustomizeReplicas": "web"},
    ),
    "patch in a block": (
        "k/kustomization.yaml",
        PATCH,
        {"file": "k/kustomization.yaml", "path": "/patches/0/patch", "pattern": r"value: (\d+)"},
    ),
    "TOML": ("app.toml", "[web]\nreplicas = @\n", {"file": "app.toml", "path": "web.replicas"}),
    "anchor": (
        "values.yaml",
        ANCHOR,
        {"file": "values.yaml", "path": "web.replicas", "allowAnchors": True},
    ),
}
Placed = tuple[str, str, dict[str, Any]]


@pytest.fixture
def load() -> Iterator[FakePrometheus]:
    """Always 700: seven replicas' worth."""
    with FakePrometheus() as fake:
        fake.script("load", samples(700))
        yield fake


def repo_of(folder: Path, files: dict[str, str], **spec: Any) -> StateRepo:
    """A repo with these files and one policy without a workload."""
    given = {"scaleTargetRef": None, **spec}
    return StateRepo.create(folder / "remote", {**files, "policies/p.yaml": policy("web", **given)})


def passing(run: Run, config: Path) -> dict[str, Any]:
    """What one pass says and does."""
    facts: dict[str, Any] = json.loads(run("once", "--json", "--config", config).stdout)
    return facts


def configuring(folder: Path, load: FakePrometheus) -> Callable[[StateRepo], Path]:
    """The whole repo is searched."""
    return lambda repo: configured(folder, load.url, {"url": repo.url, "search_paths": ["."]})


@pytest.mark.parametrize("place", PLACES.values(), ids=list(PLACES))
def test_one_pass_scales_it_and_the_next_is_content(
    run: Run, tmp_path: Path, load: FakePrometheus, place: Placed
) -> None:
    file, text, target = place
    repo = repo_of(tmp_path, {file: text.replace("@", "3")}, target=target)
    config = configuring(tmp_path, load)(repo)
    done = passing(run, config)
    assert (done["problems"], done["subject"]) == ([], "scale: web 3→7")
    assert repo.read(file).decode() == text.replace("@", "7")
    trailer = repo.log()[0].body.splitlines()[-1]
    decision = json.loads(trailer.removeprefix("Scale-Decision: "))
    assert (decision["from"], decision["to"], decision["policy"]) == (3, 7, "web")
    assert decision["target"] == done["decisions"][0]["target"]
    assert decision["target"].startswith(target.get("file", "") + "#")
    assert passing(run, config)["commit"] is None


@pytest.mark.parametrize("place", PLACES.values(), ids=list(PLACES))
def test_a_persons_edit_of_it_is_an_order(
    run: Run, tmp_path: Path, load: FakePrometheus, place: Placed
) -> None:
    file, text, target = place
    repo = repo_of(tmp_path, {file: text.replace("@", "3")}, target=target)
    sha = repo.write({file: text.replace("@", "5")}, "Five", author="Robin <r@x.org>")
    done = passing(run, configuring(tmp_path, load)(repo))
    assert done["commit"] is None
    assert done["decisions"][0]["reasons"][0].endswith(f"Robin set it in {sha[:12]}")


def test_an_edit_beside_it_is_none(run: Run, tmp_path: Path, load: FakePrometheus) -> None:
    file, text, target = PLACES["Helm values"]
    before = text.replace("@", "3")
    repo = repo_of(tmp_path, {file: before}, target=target)
    repo.write({file: "# top\n" + before.replace("api:\n  replicaCount: 3", "api: {}")}, "Tidy")
    assert passing(run, configuring(tmp_path, load)(repo))["subject"] == "scale: web 3→7"


def test_what_moves_with_an_anchor_is_named_in_the_commit(
    run: Run, tmp_path: Path, load: FakePrometheus
) -> None:
    file, text, target = PLACES["anchor"]
    repo = repo_of(tmp_path, {file: text.replace("@", "3")}, target=target)
    passing(run, configuring(tmp_path, load)(repo))
    assert "the count is an anchor: moves api.replicas (line 4)" in repo.log()[0].body


def test_two_policies_for_the_same_bytes_are_a_problem(
    run: Run, tmp_path: Path, load: FakePrometheus
) -> None:
    text = "n: 3 # scalebridge: web\n"
    repo = repo_of(tmp_path, {"a.yaml": text}, target={"marker": "web"})
    second = policy("zwei", scaleTargetRef=None, target={"file": "a.yaml", "path": "n"})
    repo.write({"policies/q.yaml": second}, "A second")
    done = passing(run, configuring(tmp_path, load)(repo))
    assert done["problems"] == ["zwei: a.yaml:1: policy web governs this count"]
    assert repo.read("a.yaml") == text.replace("3", "7").encode()


@pytest.mark.parametrize(
    ("target", "files", "problem"),
    [
        (
            {"file": "no.yaml", "path": "n"},
            {},
            "web: no.yaml#/n: no.yaml: no such file in the repo (links are not followed)",
        ),
        ({"marker": "x"}, {}, "web: #x: no marker x in the repo"),
        (
            {"marker": "x"},
            {"a.tf": "n = 3 # scalebridge: x\n", "b.tf": "\nn = 3 # scalebridge: x\n"},
            "web: #x: marker x stands in several places: a.tf:1, b.tf:2",
        ),
        (
            {"file": "a.yaml", "path": "n"},
            {"a.yaml": "n: ${N}\n"},
            "web: a.yaml#/n: a.yaml: line 1: '${N}' is a template, not a number",
        ),
    ],
)
def test_a_place_that_is_none_is_a_problem_that_names_it(  # noqa: PLR0917 - fixtures, and a row
    run: Run,
    tmp_path: Path,
    load: FakePrometheus,
    target: dict[str, Any],
    files: dict[str, str],
    problem: str,
) -> None:
    repo = repo_of(tmp_path, files, target=target)
    config = configuring(tmp_path, load)(repo)
    assert passing(run, config)["problems"] == [problem]
    checked = json.loads(run("validate", "--json", "--config", config).stdout)
    assert checked["problems"] == [problem]


@pytest.mark.parametrize(
    ("file", "target"),
    [
        ("infra/web.yaml", {"file": "infra/web.yaml", "path": "n"}),
        ("apps-not/web.yaml", {"file": "apps-not/web.yaml", "path": "n"}),
        (".github/workflows/ci.yaml", {"file": ".github/workflows/ci.yaml", "path": "n"}),
        ("values.yaml", {"file": "values.yaml", "path": "n"}),
    ],
)
def test_no_file_beside_the_search_paths_is_changed(
    run: Run, tmp_path: Path, load: FakePrometheus, file: str, target: dict[str, Any]
) -> None:
    """Whoever writes policies may not be who writes everything that the token may."""
    repo = repo_of(tmp_path, {file: "n: 3\n", "apps/web.yaml": "n: 3\n"}, target=target)
    tip = repo.tip()
    config = configured(tmp_path, load.url, {"url": repo.url, "search_paths": ["apps"]})
    assert passing(run, config)["problems"] == [f"web: {file}#/n: {file}: not below search_paths"]
    assert repo.tip() == tip
    inside = {**target, "file": "apps/web.yaml"}
    repo.write({"policies/p.yaml": policy("web", scaleTargetRef=None, target=inside)}, "Inside")
    assert passing(run, config)["subject"] == "scale: web 3→7"


DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec:\n"
    "  # pods\n  selector: {matchLabels: {app: web}}\n"
)
REFERENCE = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "namespace": "shop"}
READY = (
    "max by (namespace, deployment) "
    '(kube_deployment_status_replicas_ready{deployment="web",namespace="shop"})'
)
DESIRED = READY.replace("status_replicas_ready", "spec_replicas")


@pytest.mark.parametrize(
    ("answers", "adopted"),
    [
        pytest.param({DESIRED: 5, READY: 4}, 5, id="what the object asks for, not what is ready"),
        pytest.param({READY: 4}, 4, id="what is ready, where nothing else is known"),
        pytest.param({DESIRED: 0}, 0, id="scaled to zero"),
    ],
)
def test_adoption_inserts_what_runs_and_only_then_scales(
    run: Run, tmp_path: Path, load: FakePrometheus, answers: dict[str, float], adopted: int
) -> None:
    for query, value in answers.items():
        load.script(query, samples(value))
    files = {"apps/web.yaml": DEPLOYMENT}
    repo = repo_of(tmp_path, files, scaleTargetRef=REFERENCE, target={"insert": True})
    config = configuring(tmp_path, load)(repo)
    done = passing(run, config)
    assert (done["problems"], done["subject"]) == ([], f"scale: web adopted at {adopted}")
    inserted = DEPLOYMENT.replace("  # pods", f"  replicas: {adopted}\n  # pods")
    assert repo.read("apps/web.yaml").decode() == inserted
    assert '"from":null' in repo.log()[0].body
    assert passing(run, config)["subject"] == (f"scale: web {adopted}→7" if adopted else None)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({}, "expected one sample, got no data"),
        ({READY: 0}, "none are ready"),
    ],
)
def test_adoption_is_refused_where_it_is_unknown_what_runs(
    run: Run, tmp_path: Path, load: FakePrometheus, answers: dict[str, float], why: str
) -> None:
    for query, value in answers.items():
        load.script(query, samples(value))
    files = {"apps/web.yaml": DEPLOYMENT}
    repo = repo_of(tmp_path, files, scaleTargetRef=REFERENCE, target={"insert": True})
    [problem] = passing(run, configuring(tmp_path, load)(repo))["problems"]
    assert problem.startswith("web: apps/web.yaml:7: has no count, and how many run is unknown: ")
    assert why in problem
    assert repo.read("apps/web.yaml").decode() == DEPLOYMENT


def test_without_insert_a_missing_count_is_a_problem(
    run: Run, tmp_path: Path, load: FakePrometheus
) -> None:
    repo = repo_of(tmp_path, {"apps/web.yaml": DEPLOYMENT}, scaleTargetRef=REFERENCE)
    [problem] = passing(run, configuring(tmp_path, load)(repo))["problems"]
    assert problem.endswith("apps/web.yaml: line 1: has no spec.replicas of its own")


def test_an_entry_of_a_kustomization_is_adopted(
    run: Run, tmp_path: Path, load: FakePrometheus
) -> None:
    load.script(ANY, samples(4))
    load.script("load", samples(700))
    text = "resources: [web.yaml]\r\nreplicas:\r\n  - name: api\r\n    count: 2"
    target = {"file": "kustomization.yaml", "kustomizeReplicas": "web", "insert": True}
    repo = repo_of(tmp_path, {"kustomization.yaml": text}, scaleTargetRef=REFERENCE, target=target)
    config = configuring(tmp_path, load)(repo)
    passing(run, config)
    added = text + "\r\n  - name: web\r\n    count: 4"
    assert repo.read("kustomization.yaml").decode() == added
    passing(run, config)
    assert repo.read("kustomization.yaml").decode() == added.replace("count: 4", "count: 7")


def test_a_plan_says_that_a_count_is_adopted(
    run: Run, tmp_path: Path, load: FakePrometheus
) -> None:
    load.script(DESIRED, samples(5))
    files = {"apps/web.yaml": DEPLOYMENT}
    repo = repo_of(tmp_path, files, scaleTargetRef=REFERENCE, target={"insert": True})
    told = run("plan", "--config", configuring(tmp_path, load)(repo))
    assert told.exit_code == 0
    assert "+  replicas: 5\n" in told.output
    assert "web: Deployment/shop/web adopted at 5\n  Git holds no count yet: 5 run" in told.output
