"""Each reconciler is tried without being told of a push; what is wrong comes with the setting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from bridge.errors import ConfigInvalid
from bridge.notify.trial import tried
from bridge.settings.reconcilers import ReconcilerSettings
from tests.notify.given import REPO
from tests.notify.test_argocd import api, application
from tests.parts.deployers import KEY, ArgoCD, Flux, Hook, Lighthouse

SETTINGS: TypeAdapter[ReconcilerSettings] = TypeAdapter(ReconcilerSettings)


async def found(kind: str, **more: Any) -> str:
    """What was found, or what is wrong."""
    given: Mapping[str, Any] = {"name": "r", "type": kind, **more}
    try:
        return await tried(SETTINGS.validate_python(given), REPO)
    except ConfigInvalid as error:
        return f"wrong: {error}"


async def test_a_command_has_to_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (await found("command", command=["sh", "-c", "exit 1"])).endswith("/sh can be run")
    (tmp_path / "apply").write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    wrong = "wrong: apply is no program that can be run; see command and PATH"
    assert await found("command", command=["apply"]) == wrong
    (tmp_path / "apply").chmod(0o755)
    monkeypatch.delenv("NOMAD_ADDR", raising=False)
    wrong = "wrong: NOMAD_ADDR: not set here; see pass_environment"
    assert await found("command", command=["apply"], pass_environment=["NOMAD_ADDR"]) == wrong


async def test_endpoints_are_known_by_what_they_answer() -> None:
    ok = "takes our notices"
    with ArgoCD([application("web", "apps")]) as server:
        url = f"{server.url}/api/webhook"
        assert await found("argocd", url=url, token=KEY) == f"{url} {ok}"
        assert json.loads(server.bodies[-1])["repository"]["html_url"].endswith(".invalid/no/repo")
        wrong = await found("argocd", url=f"{server.url}/api", token=KEY)
        assert wrong.startswith(
            f"wrong: {server.url}/api: HTTP 401: not as argocd-server's webhook"
        )
    for receiver in ("generic", "generic-hmac", "github"):
        key = {} if receiver == "generic" else {"token": KEY}
        with Flux(receiver) as server:
            url = f"{server.url}{server.path}"
            assert await found("flux", url=url, receiver=receiver, **key) == f"{url} {ok}"
            assert (await found("flux", url=f"{url}0", **key)).endswith(
                "HTTP 404: ; is url what the Receiver's status shows?"
            )
    with Lighthouse() as server:
        assert (await found("jenkins_x", url=f"{server.url}/hook", token=KEY)).endswith(ok)
        assert set(json.loads(server.bodies[-1])["after"]) == {"0"}, "of which it makes nothing"
        assert "/hook?" in await found("jenkins_x", url=f"{server.url}/", token=KEY)
    with Hook([(503, "")]) as server:
        assert "not ready, suspended" in await found("flux", url=f"{server.url}/hook/1")


async def test_a_token_that_is_not_theirs_is_told() -> None:
    wrong = {"token": "another key"}
    with ArgoCD() as server:
        url = f"{server.url}/api/webhook"
        said = (
            f"wrong: {url}: HTTP 400: Webhook processing failed; see token_file: it holds "
            "webhook.github.secret of argocd-secret"
        )
        assert await found("argocd", url=url, **wrong) == said
        assert await found("argocd", url=url) == said, "it asks for one"
    for receiver in ("generic-hmac", "github"):
        with Flux(receiver) as server:
            url = f"{server.url}{server.path}"
            assert (await found("flux", url=url, receiver=receiver, **wrong)).endswith(
                "HTTP 400: ; see token_file: it holds the token of the Receiver's secretRef"
            )
    with Lighthouse() as server:
        assert (await found("jenkins_x", url=f"{server.url}/hook", **wrong)).endswith(
            "invalid signature; see token_file: it holds Lighthouse's HMAC token"
        )


async def test_nobody_at_the_port_and_a_secret_that_is_gone_are_told(tmp_path: Path) -> None:
    url = "http://127.0.0.1:1/hook"
    nobody = f"wrong: {url}: ConnectError: All connection attempts failed; see url"
    assert await found("flux", url=url) == nobody
    (key := tmp_path / "key").write_text("two\nlines")
    assert (await found("webhook", url=url, token_file=key)).startswith(f"wrong: secret file {key}")
    assert (await found("webhook", url=url)).startswith("not tried: ")


async def test_the_api_shows_the_applications_and_may_sync_them() -> None:
    listed = [
        application("web", "apps"),
        application("api", "charts"),
        application("x", repoURL="y"),
    ]
    with ArgoCD(listed) as server:

        async def tell(**more: Any) -> str:
            try:
                return await tried(api(server.url, **more), REPO)
            except ConfigInvalid as error:
                return f"wrong: {error}"

        shows = f"{server.url} shows 2 applications of {REPO.url} live"
        assert await tell() == shows
        assert await tell(applications=["argocd/web", "api"], sync=True) == shows
        refused = await tell(token="other")
        assert "HTTP 401" in refused
        assert refused.endswith("see url, token_file, and its right to get applications")
        assert "HTTP 403" in await tell(applications=["gone"])
        server.may_sync = "no"
        remedy = "give the token the right to, or leave sync: true out"
        assert await tell(sync=True) == f"wrong: may not sync application web; {remedy}"
        assert not server.refreshed
        assert not server.synced
    with ArgoCD([application("x", repoURL="y")]) as server:
        nothing = f"no application deploys {REPO.url} live; name them in applications"
        assert await tell_of(server) == nothing


async def tell_of(server: ArgoCD) -> str:
    """What is wrong with it."""
    with pytest.raises(ConfigInvalid) as wrong:
        await tried(api(server.url), REPO)
    return str(wrong.value)
