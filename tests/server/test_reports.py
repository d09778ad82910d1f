"""What deployers tell of our commits, over real HTTP: Flux by its signature, Argo CD by a token."""

from __future__ import annotations

import hmac
import json

import pytest
from pydantic import SecretStr

from bridge.settings.server import HubSignatureSettings
from tests.server.given import Intake, serving
from tests.trigger.test_flux import EVENT, SHA

FLUX, ARGOCD = "/webhooks/flux", "/webhooks/argocd"
SIGNED = HubSignatureSettings(secret=SecretStr("s3cret"))
BODY = json.dumps(EVENT).encode()
TOKEN = {"Authorization": "Bearer t0ken"}


def signature(body: bytes, key: str = "s3cret", algorithm: str = "sha256") -> dict[str, str]:
    """As notification-controller makes it."""
    return {"X-Signature": f"{algorithm}={hmac.digest(key.encode(), body, algorithm).hex()}"}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param(BODY, signature(BODY), 202, id="signed"),
        pytest.param(BODY, signature(BODY, algorithm="sha512"), 202, id="otherwise"),
        pytest.param(BODY, signature(BODY, "guessed"), 401, id="wrong key"),
        pytest.param(BODY, signature(b"{}"), 401, id="another body"),
        pytest.param(BODY, TOKEN, 401, id="the token is no signature"),
        pytest.param(BODY, {}, 401, id="nothing"),
        pytest.param(b"{}", signature(b"{}"), 400, id="no event"),
        pytest.param(b"x" * 2000, signature(b"x" * 2000), 413, id="too long"),
    ],
)
async def test_flux_is_known_by_its_signature(
    body: bytes, headers: dict[str, str], status: int
) -> None:
    intake, token = Intake(), SecretStr("t0ken")
    async with serving(intake, flux=SIGNED, webhook_token=token, max_body=1024) as http:
        answer = await http.post(FLUX, content=body, headers=headers)
    assert answer.status_code == status
    assert [one.revision for one in intake.heard] == ([SHA] if status == 202 else [])


async def test_without_a_secret_flux_sends_the_webhook_token() -> None:
    intake = Intake()
    async with serving(intake, webhook_token=SecretStr("t0ken")) as http:
        for headers, status in ((TOKEN, 202), (signature(BODY), 401)):
            answer = await http.post(FLUX, content=BODY, headers=headers)
            assert answer.status_code == status
    assert len(intake.heard) == 1


async def test_argo_cd_sends_the_webhook_token() -> None:
    intake, body = Intake(), {"app": "web", "revision": SHA, "phase": "Running"}
    async with serving(intake, webhook_token=SecretStr("t0ken")) as http:
        for headers, status in ((TOKEN, 202), ({}, 401)):
            answer = await http.post(ARGOCD, json=body, headers=headers)
            assert answer.status_code == status
        wrong = await http.post(ARGOCD, json={}, headers=TOKEN)
    assert (wrong.status_code, wrong.text[:46]) == (
        400,
        "not the notification of docs/argocd.md: app: F",
    )
    assert [one.state for one in intake.heard] == ["underway"]
