"""deploy/ and policies/ hold what works: loaded by us, by amtool, and by Kubernetes' schemas."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bridge.demo.servers import binary
from bridge.policy.loading import parse_policy
from tests.docs.markdown import ROOT
from tests.docs.test_pages import loaded_settings
from tests.parts.gate import needs, shared

DEPLOY = ROOT / "deploy"


@pytest.mark.parametrize("path", sorted((ROOT / "policies").iterdir()), ids=lambda path: path.name)
def test_policies_load(path: Path) -> None:
    assert parse_policy(path.read_bytes(), path.name).name == path.stem


def test_the_configuration_loads(tmp_path: Path) -> None:
    settings = loaded_settings((DEPLOY / "scalebridge.yaml").read_text("utf-8"), tmp_path)
    assert settings.server.address[1] == 8080
    assert [reconciler.type for reconciler in settings.reconcilers] == ["argocd", "flux"]


def test_amtool_accepts_the_receiver(tmp_path: Path) -> None:
    needs("amtool")
    text = (DEPLOY / "alertmanager.yaml").read_text("utf-8")
    (tmp_path / "token").write_text("t")
    moved = re.sub(r"credentials_file: \S+", f"credentials_file: {tmp_path / 'token'}", text)
    (tmp_path / "alertmanager.yaml").write_text(moved)
    check = [str(binary("amtool")), "check-config", str(tmp_path / "alertmanager.yaml")]
    subprocess.run(check, check=True, capture_output=True)


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8")))


@pytest.mark.parametrize("manifest", manifests(), ids=lambda manifest: manifest["kind"])
def test_kubernetes_accepts_the_manifests(manifest: dict[str, Any]) -> None:
    schemas = json.loads((shared("schemas") / "kubernetes-1.37.0-strict.json").read_text("utf-8"))
    kind = schemas["kinds"][f"{manifest['apiVersion']} {manifest['kind']}"]
    schema = {**kind, "$defs": schemas["$defs"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(manifest)] == []


def test_the_pod_mounts_what_the_configuration_reads() -> None:
    [deployment] = [manifest for manifest in manifests() if manifest["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    config = (DEPLOY / "scalebridge.yaml").read_text("utf-8")
    secrets = {str(Path(name).parent) for name in re.findall(r"_file: (\S+)", config)}
    assert secrets <= mounts
    assert str(Path(container["args"][-1]).parent) in mounts


def test_the_image_is_built_from_what_exists() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    copied = [name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
