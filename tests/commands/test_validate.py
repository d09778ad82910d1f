"""`validate`: policy files by themselves, and against the state repo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Run
from tests.conftest import DEPLOYMENT
from tests.parts.state_repo import StateRepo
from tests.service.program import policy

OURS = Path(__file__).parents[2] / "policies"


def test_the_policies_of_the_demo_are_valid(run: Run) -> None:
    number = len(list(OURS.glob("*.yaml")))
    done = run("validate", OURS)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"policies: {number} valid; problems: 0\n"


def test_each_problem_names_file_line_and_field(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(policy("good"))
    bad = policy("bad").replace('"maxReplicas"', '"maxReplica"')
    (tmp_path / "bad.yml").write_text(bad)
    (tmp_path / "notes.txt").write_text("not a policy")
    (tmp_path / ".hidden.yaml").write_text("not a policy")
    line = bad.splitlines().index('  "maxReplica": 100,') + 1
    done = run("validate", tmp_path)
    assert (done.exit_code, done.stdout) == (1, "policies: 1 valid; problems: 1\n")
    told = f"{tmp_path}/bad.yml:{line}: spec.maxReplica: unknown field; did you mean maxReplicas?\n"
    assert told in done.stderr
    assert "spec.maxReplicas: required, but missing\n" in done.stderr


def test_files_and_folders_together_as_json(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "one.yaml").write_text(policy("one"))
    (tmp_path / "two.yaml").write_text(policy("two"))
    (tmp_path / "twin.yaml").write_text(policy("one"))
    done = run("validate", "--json", folder, tmp_path / "two.yaml", tmp_path / "twin.yaml")
    facts = json.loads(done.stdout)
    assert (done.exit_code, facts["policies"]) == (1, ["one", "two"])
    assert len(facts["problems"]) == 1
    assert "metadata.name: one is the name of " in facts["problems"][0]


@pytest.mark.parametrize("path", ["missing.yaml", "missing/folder"])
def test_what_is_not_there_is_a_problem(run: Run, tmp_path: Path, path: str) -> None:
    done = run("validate", tmp_path / path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"{tmp_path / path}: can't be read: No such file or directory\n"


def test_configured_policies_are_checked_against_the_repo(
    run: Run, config: Path, shop: StateRepo
) -> None:
    done = run("validate", "--config", config)
    assert (done.exit_code, done.stdout) == (0, "policies: 2 valid; problems: 0\n")
    copy = {"apps/copy.yaml": DEPLOYMENT.format(name="search")}
    shop.write({**copy, "policies/gone.yaml": policy("gone"), "policies/bad.yaml": "1"}, "Break")
    done = run("validate", "--config", config)
    assert (done.exit_code, done.stdout) == (1, "policies: 3 valid; problems: 3\n")
    assert done.stderr.splitlines()[1:] == [
        "gone: Deployment/shop/gone: no such workload below search_paths",
        "search: Deployment/shop/search: stands in several places: "
        "apps/copy.yaml:1, apps/search.yaml:1",
    ]
    assert done.stderr.startswith("policies/bad.yaml:1: ")


def test_a_note_is_no_problem(run: Run, config: Path, shop: StateRepo) -> None:
    labelled = DEPLOYMENT.format(name="search").replace("spec:", "  labels: {tier: web}\nspec:", 1)
    selector = {"matchLabels": {"tier": "web"}}
    fleet = policy("all", scaleTargetRef=None, scaleTargetSelector=selector)
    shop.write({"apps/search.yaml": labelled, "policies/all.yaml": fleet}, "Add a fleet")
    done = run("validate", "--config", config)
    note = (
        "all: 1 of its members have a policy of their own, which wins: "
        "Deployment/shop/search (search)"
    )
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"note: {note}\npolicies: 3 valid; problems: 0\n"
    assert json.loads(run("validate", "--json", "--config", config).stdout)["notes"] == [note]


def test_files_are_checked_against_the_repo_of_a_configuration(
    run: Run, config: Path, shop: StateRepo, tmp_path: Path
) -> None:
    """Before they are committed there; the repo's own policies are no part of it."""
    shop.write({"policies/bad.yaml": "1"}, "Break")
    folder = tmp_path / "new"
    folder.mkdir()
    for name in ("checkout", "gone"):
        (folder / f"{name}.yaml").write_text(policy(name))
    alone = run("validate", folder)
    assert (alone.exit_code, alone.stdout) == (0, "policies: 2 valid; problems: 0\n")
    done = run("validate", folder, "--config", config)
    assert (done.exit_code, done.stdout) == (1, "policies: 2 valid; problems: 1\n")
    assert done.stderr == "gone: Deployment/shop/gone: no such workload below search_paths\n"


def test_a_folder_without_any_policy_file_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml.txt").write_text(policy("one"))
    done = run("validate", tmp_path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"{tmp_path}: no policy file (*.yaml, *.yml) is there\n"
