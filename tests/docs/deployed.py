"""The Kubernetes objects below deploy/, as the tests of its parts look them up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from bridge.manifest.claims.overlay import KUSTOMIZATIONS
from tests.docs.markdown import ROOT
from tests.docs.schemas import Manifest

DEPLOY = ROOT / "deploy"
SECRETS = "/run/secrets/scalebridge"
MONITORING = DEPLOY / "kubernetes" / "components" / "monitoring"
NO_MANIFESTS = {
    "alertmanager.yaml",
    "compose.yaml",
    "github-workflow.yaml",
    "prometheus-rule-test.yaml",
    "scalebridge.yaml",
}


def manifests() -> Iterator[tuple[Path, Manifest]]:
    """Every Kubernetes object below deploy/."""
    for path in sorted(DEPLOY.rglob("*.yaml")):
        if path.name not in NO_MANIFESTS and path.name not in KUSTOMIZATIONS:
            for document in yaml.safe_load_all(path.read_text("utf-8")):
                yield path, document


def kinds(kind: str) -> list[Manifest]:
    return [one for _, one in manifests() if one["kind"] == kind]
