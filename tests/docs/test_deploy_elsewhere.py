"""deploy/ without Kubernetes: an image, Compose, a systemd unit, a scheduled workflow."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.settings.configuration import Settings
from bridge.settings.loading import load_settings
from tests.docs.deployed import DEPLOY, SECRETS
from tests.docs.markdown import ROOT
from tests.parts.gate import program


def test_the_image_is_built_from_what_exists() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    copied = [name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    [entry] = [line.partition(" ")[2] for line in lines if line.startswith("ENTRYPOINT")]
    first, _, command = json.loads(entry)  # as a list: a shell would keep SIGTERM to itself
    assert any(f" {first} " in line for line in lines if "apt-get install" in line)
    assert command in (ROOT / "pyproject.toml").read_text("utf-8").partition("[project.scripts]")[2]


def test_compose_runs_the_image_without_rights() -> None:
    [service] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"].values()
    build = service["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    user = re.findall(r"^USER (\S+)", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert [service["user"]] == user
    mounted = dict(volume.split(":")[:2] for volume in service["volumes"])
    assert (DEPLOY / "scalebridge.yaml").exists()
    assert mounted == {"./scalebridge.yaml": service["command"][-1], "./secrets": SECRETS}
    compile(service["healthcheck"]["test"][-1], "healthcheck", "exec")


def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there."""
    text = (DEPLOY / "scalebridge.service").read_text("utf-8")
    path = tmp_path / "scalebridge.service"
    path.write_text(text.replace("/usr/local/bin/scalebridge", sys.executable))
    return path


def test_systemd_verifies_the_unit(tmp_path: Path) -> None:
    check = [str(program("systemd-analyze")), "verify", "--man=no", str(unit(tmp_path))]
    done = subprocess.run(check, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_finds_the_unit_well_locked_up(tmp_path: Path) -> None:
    tool = str(program("systemd-analyze"))
    check = [tool, "security", "--offline=yes", "--threshold=20", "--no-pager", str(unit(tmp_path))]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr


def workflow() -> dict[str, Any]:
    data: dict[Any, Any] = yaml.safe_load((DEPLOY / "github-workflow.yaml").read_text("utf-8"))
    return {str(key): value for key, value in data.items()}  # YAML 1.1 takes `on` for true


def test_the_workflow_s_environment_is_a_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [job] = workflow()["jobs"].values()
    for name, value in job["env"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\{.*?\}\}", "https://x.example.com", value))
    (tmp_path / "scalebridge.yaml").write_text("{}\n")
    settings: Settings = load_settings(tmp_path / "scalebridge.yaml")
    assert settings.state_repo.search_paths == ("apps",)
    assert settings.prometheus.authorization() == "Bearer https://x.example.com"
    assert settings.state_repo.password is not None


def test_the_workflow_has_few_rights_and_pinned_actions() -> None:
    flow = workflow()
    [job] = flow["jobs"].values()
    assert (flow["permissions"], job["permissions"]) == ({}, {"contents": "write"})
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert [one for one in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", one)] == []
    assert [step["run"] for step in job["steps"] if "run" in step][-1] == "scalebridge once"
    assert flow["True"]["schedule"] == [{"cron": "*/5 * * * *"}]
