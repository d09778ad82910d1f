"""`import`: policies on stdout or in a folder, findings on stderr, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from bridge.cli.program import application
from tests.docs.markdown import ROOT
from tests.parts.gate import shared
from tests.policy.importing.given import HPA, SCALED_OBJECT, changed

OTHER = changed(SCALED_OBJECT, metadata={"name": "api"}, scaleTargetRef={"name": "api"})
REFUSED = changed(OTHER, metadata={"name": "bad"}, triggers=[{"type": "kafka"}])


def run(*arguments: str | Path, given: str = "") -> Result:
    return CliRunner().invoke(application, ["import", *map(str, arguments)], input=given)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "autoscalers.yaml"
    path.write_text(f"{HPA}---\n{OTHER}---\nkind: Service\n")
    return path


def test_policies_go_to_stdout_and_the_rest_to_stderr(file: Path) -> None:
    result = run(file)
    assert result.exit_code == 0
    names = [policy["metadata"]["name"] for policy in yaml.safe_load_all(result.stdout)]
    assert names == ["web", "api"]
    assert "warning: " in result.stderr
    assert result.stderr.endswith(
        "policies: 2; refused: 0; warnings: 1; other objects passed over: 1\n"
    )


def test_a_refusal_leaves_the_others_and_asks_for_a_person(file: Path) -> None:
    file.write_text(f"{HPA}---\n{REFUSED}")
    result = run(file)
    assert result.exit_code == 1
    assert [policy["metadata"]["name"] for policy in yaml.safe_load_all(result.stdout)] == ["web"]
    assert f"refused: {file}:" in result.stderr
    assert "spec.triggers.0.type: no scaler 'kafka' here" in result.stderr


def test_each_policy_is_a_file_of_the_folder(file: Path, tmp_path: Path) -> None:
    result = run(file, "--output", tmp_path / "new" / "policies")
    assert (result.exit_code, result.stdout) == (0, "")
    written = sorted(path.name for path in (tmp_path / "new" / "policies").iterdir())
    assert written == ["api.yaml", "web.yaml"]
    validated = CliRunner().invoke(application, ["validate", str(tmp_path / "new" / "policies")])
    assert validated.exit_code == 0


def test_nothing_is_overwritten_without_force(file: Path, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text("mine")
    result = run(file, "--output", tmp_path)
    assert result.exit_code == 1
    assert "web.yaml" in result.stderr
    assert "--force" in result.stderr
    assert not (tmp_path / "api.yaml").exists()
    assert (tmp_path / "web.yaml").read_text() == "mine"
    assert run(file, "--output", tmp_path, "--force").exit_code == 0
    assert "kind: ScalingPolicy" in (tmp_path / "web.yaml").read_text()


def test_programs_get_one_object(file: Path, tmp_path: Path) -> None:
    file.write_text(f"{HPA}---\n{REFUSED}")
    result = run(file, "--json", "--output", tmp_path / "policies")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["refused"], told["passed_over"]) == (1, 1, 0)
    [policy] = told["policies"]
    assert (policy["name"], policy["line"]) == ("web", 1)
    assert Path(policy["written"]).read_text() == policy["text"]
    [refusal] = [finding for finding in told["findings"] if finding["level"] == "refused"]
    assert (refusal["file"], refusal["field"]) == (str(file), "spec.triggers.0.type")


def test_a_dash_is_standard_input() -> None:
    result = run("-", given=HPA)
    assert result.exit_code == 0
    assert "# Imported from stdin:1, HorizontalPodAutoscaler shop/web" in result.stdout


def test_a_configuration_says_which_prometheus_is_ours(file: Path, tmp_path: Path) -> None:
    config = tmp_path / "scalebridge.yaml"
    config.write_text(
        "prometheus: {url: http://prometheus:9090}\nstate_repo: {url: https://example.com/a.git}\n"
    )
    result = run(file, "--config", config)
    assert (result.exit_code, result.stderr.count("warning: ")) == (0, 0)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    result = run(tmp_path / "none.yaml")
    assert result.exit_code == 1
    assert "none.yaml: can't be read" in result.stderr


def test_a_folder_that_cannot_be_written_is_named(file: Path) -> None:
    result = run(file, "--output", file / "policies")
    assert result.exit_code == 1
    assert "can't be written" in result.stderr


def test_no_file_is_wrong_usage() -> None:
    assert run().exit_code == 2


def test_the_report_tells_what_would_become_of_each_file(file: Path, tmp_path: Path) -> None:
    bad, service = tmp_path / "bad.yaml", tmp_path / "service.yaml"
    bad.write_text(REFUSED)
    service.write_text("kind: Service\n---\nkind: ConfigMap\n")
    result = run("--report", file, bad, service, "--output", tmp_path / "new")
    lines = result.stdout.splitlines()
    heads = [line for line in lines if not line.startswith("  ")]
    assert heads == [
        f"{file}: web, api; other objects passed over: 1",
        f"{bad}: no policy",
        f"{service}: no policy; other objects passed over: 2",
    ]
    refusal = lines[lines.index(heads[1]) + 1]
    assert refusal.startswith(f"  refused: {bad}:")
    assert ": spec.triggers.0.type: no scaler 'kafka' here" in refusal
    assert result.stderr == "policies: 2; refused: 1; warnings: 1; other objects passed over: 3\n"
    assert result.exit_code == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("more", [(), ("--json",), ("--report",)])
@pytest.mark.parametrize("text", ["kind: Service\n", "", "a: ["], ids=["other", "empty", "broken"])
def test_an_import_of_nothing_says_so(tmp_path: Path, text: str, more: tuple[str, ...]) -> None:
    path = tmp_path / "service.yaml"
    path.write_text(text)
    result = run(path, *more)
    assert result.exit_code == 1
    why = "neither a HorizontalPodAutoscaler nor a ScaledObject"
    assert result.stderr.endswith(f"nothing to import in {path}: {why}\n")


def test_an_hpa_of_kedas_own_points_to_its_scaled_object(tmp_path: Path) -> None:
    owner = {"kind": "ScaledObject", "name": "web", "apiVersion": "keda.sh/v1alpha1"}
    path = tmp_path / "hpa.yaml"
    path.write_text(changed(HPA, metadata={"name": "web", "ownerReferences": [owner]}))
    result = run(path)
    assert result.exit_code == 1
    assert "made by KEDA: import the ScaledObject web" in result.stderr
    assert result.stderr.endswith(f"nothing to import in {path}\n")


def test_the_docs_show_the_report_of_real_manifests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shared("policies"))
    result = run("--report", *sorted(Path().glob("*/*.yaml")))
    page = (ROOT / "docs" / "imported-manifests.md").read_text("utf-8")
    assert f"```\n{result.stdout}{result.stderr}```\n" in page
