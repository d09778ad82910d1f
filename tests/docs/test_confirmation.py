"""What the pages tell Flux and Argo CD to send is what we take."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from bridge.trigger.argocd import parse_argocd
from tests.docs.markdown import Block, titled
from tests.notify.test_read_back import SYNCED
from tests.parts.gate import shared


def block(title: str) -> Block:
    """The block of that name."""
    [found] = [one for one in titled() if one.title == title]
    return found


def faults(resource: dict[str, Any], file: str) -> list[str]:
    """What the CRD's schema has against it."""
    crd = yaml.safe_load((shared("schemas") / file).read_text("utf-8"))
    version = resource["apiVersion"].partition("/")[2]
    [found] = [one for one in crd["spec"]["versions"] if one["name"] == version]
    schema = found["schema"]["openAPIV3Schema"]
    return [error.message for error in Draft202012Validator(schema).iter_errors(resource)]


def test_flux_takes_its_provider_and_alert() -> None:
    provider, alert = yaml.safe_load_all(block("flux-alert.yaml").text)
    assert provider["kind"] == "Provider"
    assert faults(provider, "notification.toolkit.fluxcd.io_providers.yaml") == []
    assert faults(alert, "notification.toolkit.fluxcd.io_alerts.yaml") == []
    assert alert["spec"]["providerRef"]["name"] == provider["metadata"]["name"]


def test_argo_cd_s_template_makes_what_we_read() -> None:
    data = yaml.safe_load(block("argocd-notifications-cm.yaml").text)["data"]
    template = yaml.safe_load(data["template.scalebridge"])["webhook"]["scalebridge"]["body"]
    app = {"metadata": {"name": "web", "namespace": "argocd"}, "status": SYNCED}

    def field(match: re.Match[str]) -> str:
        found: Any = app
        for name in match[1].split("."):
            found = found[name]
        return json.dumps(found)

    body = re.sub(r"\{\{toJson \.app\.([\w.]+)\}\}", field, template)
    told = parse_argocd(body.encode())
    assert (told.subject, told.state, told.revision) == ("argocd/web", "live", "b" * 40)
    service = yaml.safe_load(data["service.webhook.scalebridge"])
    assert service["url"].endswith("/webhooks/argocd")
    assert yaml.safe_load(data["trigger.scalebridge"])[0]["send"] == ["scalebridge"]


def test_the_status_that_tests_read_back_is_argo_cd_s() -> None:
    done: Any = SYNCED["operationState"]
    whole = {**done, "operation": {}, "startedAt": "2026-03-04T11:59:00Z"}
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {},
        "spec": {"destination": {}, "project": "shop"},
        "status": {**SYNCED, "operationState": whole},
    }
    assert faults(application, "argoproj.io_applications.yaml") == []
