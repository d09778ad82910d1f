"""Argo CD hears by its webhook, or refreshes just the applications that a push concerns."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from bridge.notify.applications import Application, affected
from bridge.notify.notice import Notice
from bridge.notify.told import Told
from bridge.settings.reconcilers import ArgoCDAPISettings, ArgoCDSettings
from tests.notify.given import PUSH, REPO, told
from tests.parts.deployers import KEY, ArgoCD

OURS = "https://git.example.org/shop/state"
GENERATED_FROM = "argocd.argoproj.io/manifest-generate-paths"


def application(name: str, path: str = "", **more: Any) -> dict[str, Any]:
    """One that deploys a folder of our repo."""
    source = {"repoURL": OURS, "path": path, "targetRevision": "live"}
    return {
        "metadata": {"name": name, "namespace": "argocd", **more.pop("metadata", {})},
        "spec": {"project": "shop", "source": {**source, **more}},
    }


def api(url: str, **more: Any) -> ArgoCDAPISettings:
    """The API, with the right token."""
    return ArgoCDAPISettings(
        **{"name": "a", "type": "argocd_api", "url": url, "token": KEY, **more}
    )


class Garbled(ArgoCD):
    """A page answers in place of the first application, while the others take their time."""

    async def _take(self, request: web.Request) -> web.Response:
        if request.path.endswith("/web-0"):
            return web.Response(text="<html>")
        if "/web-" in request.path:
            await asyncio.sleep(0.2)
        return await super()._take(request)


async def test_one_that_is_not_understood_keeps_no_other_from_its_refresh() -> None:
    with Garbled([application(f"web-{number}", "apps") for number in range(12)]) as server:
        [said] = await told(api(server.url, sync=True))
        assert said.error.startswith("no application: Invalid JSON")
        assert len(server.refreshed) == 11


async def test_the_webhook_takes_a_signed_push() -> None:
    with ArgoCD() as server:
        url = f"{server.url}/api/webhook"
        given = ArgoCDSettings(name="a", type="argocd", url=url, token=KEY)
        assert await told(given) == [Told("a")]
        wrong = given.model_copy(update={"token": None})
        assert await told(wrong) == [Told("a", "HTTP 400: Webhook processing failed")]


async def test_just_the_affected_applications_are_refreshed() -> None:
    tenant = {"namespace": "team-a"}
    listed = [
        application("web", "apps"),
        application("tenant", "apps", metadata=tenant),
        application("other", "infra"),
        application("elsewhere", "apps", repoURL="https://git.example.org/shop/other"),
        application("staging", "apps", targetRevision="staging"),
    ]
    with ArgoCD(listed) as server:
        assert await told(api(server.url)) == [Told("a")]
    assert sorted(server.refreshed) == ["argocd/web normal", "team-a/tenant normal"]
    assert [request.query.get("project") for request in server.requests[1:]] == ["shop", "shop"]


async def test_named_applications_are_not_looked_for() -> None:
    listed = [
        application("web", "other"),
        application("tenant", metadata={"namespace": "team-a"}),
    ]
    with ArgoCD(listed) as server:
        assert await told(api(server.url, applications=["web", "team-a/tenant"])) == [Told("a")]
    assert sorted(server.refreshed) == ["argocd/web normal", "team-a/tenant normal"]
    assert "/api/v1/applications" not in [request.path for request in server.requests]


async def test_an_application_that_is_missing_is_told() -> None:
    with ArgoCD([application("web")]) as server:
        [answer] = await told(api(server.url, applications=["gone", "web"]))
    assert answer.error.startswith('application gone: HTTP 403: {"code": 7')
    assert server.refreshed == ["argocd/web normal"]


async def test_a_token_that_is_not_accepted_is_told() -> None:
    with ArgoCD([application("web")]) as server:
        [answer] = await told(api(server.url, token="other"))
    assert answer.error.startswith('HTTP 401: {"code": 16')


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"items": null}', "no application deploys https://git.example.org/shop/state.git live"),
        ("<html>", "no list of applications: Invalid JSON: expected value at line 1 column 1"),
    ],
)
async def test_where_nothing_is_found_it_is_told(body: str, error: str) -> None:
    with ArgoCD(replies=[(200, body)]) as server:
        assert await told(api(server.url)) == [Told("a", error)]


@pytest.mark.parametrize(
    ("given", "is_ours"),
    [
        pytest.param({"path": "."}, True, id="the whole repo"),
        pytest.param({"path": "./apps/"}, True, id="a folder, otherwise written"),
        pytest.param({"path": "app"}, False, id="half a name"),
        pytest.param({"path": "apps", "targetRevision": "HEAD"}, True, id="HEAD"),
        pytest.param({"path": "apps", "targetRevision": ""}, True, id="no revision"),
        pytest.param({"path": "apps", "targetRevision": "refs/heads/live"}, True, id="a ref"),
        pytest.param({"path": "apps", "targetRevision": "1.*"}, False, id="a range of tags"),
        pytest.param({"path": "apps", "repoURL": f"{OURS.upper()}.git"}, True, id="upper case"),
        pytest.param(
            {"path": "apps", "repoURL": "git@git.example.org:shop/state.git"}, True, id="scp"
        ),
        pytest.param(
            {"path": "apps", "repoURL": "ssh://git@git.example.org:2222/shop/state"}, True, id="ssh"
        ),
        pytest.param({"path": "apps", "repoURL": "https://[oops/state"}, False, id="no URL"),
    ],
)
def test_an_application_is_found_by_repo_path_and_revision(
    given: dict[str, Any], is_ours: bool
) -> None:
    keeper = application("keeper", "apps")  # so that no file is a stray
    assert ("web" in names([keeper, application("web", **given)])) is is_ours


def test_several_sources_are_looked_through() -> None:
    chart = {"repoURL": "https://charts.example.org", "chart": "web", "targetRevision": "1.2.3"}
    values = {"repoURL": OURS, "targetRevision": "live", "ref": "values"}
    several = {"metadata": {"name": "web"}, "spec": {"sources": [chart, values]}}
    assert names([several]) == ["web"]
    assert names([{"metadata": {"name": "web"}, "spec": {"sources": [chart]}}]) == []


@pytest.mark.parametrize(
    ("paths", "is_ours"),
    [
        (".", False),
        (".;/apps", True),
        ("../../apps", True),
        ("/apps/*.yaml", True),
        ("/base", False),
    ],
)
def test_an_application_may_say_what_it_is_made_of(paths: str, is_ours: bool) -> None:
    given = application("web", "overlays/prod", metadata={"annotations": {GENERATED_FROM: paths}})
    assert ("web" in names([application("keeper", "apps"), given])) is is_ours


def test_a_file_in_nobodys_folder_may_be_anybodys() -> None:
    says = {"annotations": {GENERATED_FROM: "."}}
    listed = [
        application("prod", "overlays/prod"),
        application("closed", "overlays/closed", metadata=says),
    ]
    assert names(listed) == ["prod"]
    assert names(listed, "overlays/prod/kustomization.yaml") == ["prod"]


def names(listed: list[dict[str, Any]], *files: str) -> list[str]:
    """Those that the push concerns."""
    notice = Notice(replace(PUSH, files=files or PUSH.files), REPO.url, REPO.branch)
    applications = [Application.model_validate(one) for one in listed]
    return [one.metadata.name for one in affected(applications, notice)]
