"""Reconcilers are told of a push as each expects it; what fails is told, not raised."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from bridge.notify.reconcilers import Reconcilers
from bridge.notify.told import Told
from bridge.publish.push import Push
from bridge.settings.reconcilers import ArgoCDSettings, FluxSettings, ReconcilerSettings
from bridge.settings.state_repo import StateRepoSettings

REPO = StateRepoSettings(url="https://git.example.org/shop/state.git", branch="live")
PUSH = Push("a" * 40, "b" * 40, "scale: web 1→2", ("apps/web.yaml",), ())
FLUX = "http://notify.example.org/hook/abc"
ARGO = "https://argocd.example.org/api/webhook"
KEY = "s3cr3t"


def flux(**more: Any) -> FluxSettings:
    """A Flux receiver."""
    return FluxSettings(**{"name": "flux", "type": "flux", "url": FLUX, **more})


def argocd(**more: Any) -> ArgoCDSettings:
    """Argo CD's webhook endpoint."""
    return ArgoCDSettings(**{"name": "argo", "type": "argocd", "url": ARGO, **more})


async def told(*reconcilers: ReconcilerSettings) -> list[Told]:
    """What they said of the push."""
    return await Reconcilers(reconcilers, REPO).tell(PUSH)


def signed(body: bytes, algorithm: str) -> str:
    """The signature, worked out independently."""
    return f"{algorithm}={hmac.new(KEY.encode(), body, algorithm).hexdigest()}"


async def test_nobody_is_told_where_nobody_is_configured() -> None:
    assert await told() == []


async def test_flux_gets_the_event_and_its_signature(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(FLUX).respond(200)
    assert await told(flux(token=KEY)) == [Told("flux")]
    request = route.calls.last.request
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-Signature"] == signed(request.content, "sha256")
    assert "X-Hub-Signature" not in request.headers
    assert json.loads(request.content)["after"] == "b" * 40


async def test_a_plain_flux_receiver_needs_no_signature(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(FLUX).respond(202)
    assert await told(flux()) == [Told("flux")]
    assert "X-Signature" not in route.calls.last.request.headers


async def test_argo_cd_gets_a_signed_github_push(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(ARGO).respond(200)
    assert await told(argocd(token=KEY)) == [Told("argo")]
    request = route.calls.last.request
    assert request.headers["X-GitHub-Event"] == "push"
    assert len(request.headers["X-GitHub-Delivery"]) == 36
    assert request.headers["X-Hub-Signature-256"] == signed(request.content, "sha256")
    assert request.headers["X-Hub-Signature"] == signed(request.content, "sha1")
    assert json.loads(request.content) == {
        "ref": "refs/heads/live",
        "before": "a" * 40,
        "after": "b" * 40,
        "repository": {
            "html_url": "https://git.example.org/shop/state",
            "default_branch": "live",
        },
        "commits": [{"id": "b" * 40, "added": [], "removed": [], "modified": ["apps/web.yaml"]}],
    }


async def test_argo_cd_without_a_secret_gets_no_signature(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(ARGO).respond(200)
    assert await told(argocd()) == [Told("argo")]
    assert [name for name in route.calls.last.request.headers if "signature" in name] == []


async def test_a_key_file_may_rotate(respx_mock: respx.MockRouter, tmp_path: Path) -> None:
    route = respx_mock.post(FLUX).respond(200)
    file = tmp_path / "key"
    file.write_text("old")
    reconcilers = Reconcilers([flux(token_file=file)], REPO)
    await reconcilers.tell(PUSH)
    file.write_text(f"{KEY}\n")
    await reconcilers.tell(PUSH)
    old, new = (call.request for call in route.calls)
    assert old.headers["X-Signature"] != signed(old.content, "sha256")
    assert new.headers["X-Signature"] == signed(new.content, "sha256")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(
            httpx.Response(400, text="Webhook processing failed"),
            "HTTP 400: Webhook processing failed",
            id="refused",
        ),
        pytest.param(httpx.Response(503, text="x" * 300), f"HTTP 503: {'x' * 200}", id="long"),
        pytest.param(
            httpx.Response(302, headers={"Location": "http://elsewhere.example.org"}),
            "HTTP 302: ",
            id="sent elsewhere",
        ),
        pytest.param(httpx.ConnectError("no route"), "ConnectError: no route", id="unreachable"),
        pytest.param(httpx.ReadTimeout("10 s"), "ReadTimeout: 10 s", id="slow"),
        pytest.param(
            httpx.InvalidURL("Invalid port"), "InvalidURL: Invalid port", id="a URL for nobody"
        ),
    ],
)
@pytest.mark.usefixtures("no_pauses")
async def test_a_failure_is_told_and_others_hear_of_the_push(
    respx_mock: respx.MockRouter, reply: httpx.Response | Exception, error: str
) -> None:
    answer = (
        {"return_value": reply} if isinstance(reply, httpx.Response) else {"side_effect": reply}
    )
    respx_mock.post(FLUX).mock(**answer)
    respx_mock.post(ARGO).respond(200)
    refused, taken = await told(flux(), argocd())
    assert (refused.reconciler, refused.error, taken) == ("flux", error, Told("argo"))


async def test_a_key_file_that_is_gone_is_told(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    reconciler = flux(token_file=file)
    file.unlink()
    (answer,) = await told(reconciler)
    assert answer.error.startswith(f"ConfigInvalid: secret file {file} can't be read: ")


async def test_a_notice_waits_no_longer_than_its_timeout(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(FLUX).respond(200)
    await told(flux(timeout="2s"))
    assert set(route.calls.last.request.extensions["timeout"].values()) == {2.0}


@pytest.mark.usefixtures("no_pauses")
async def test_nobody_at_the_port_is_told() -> None:
    (answer,) = await told(flux(url="http://127.0.0.1:1/hook"))
    assert answer.error.startswith("ConnectError: ")
