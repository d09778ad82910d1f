"""Push events over real HTTP: signed as GitHub signs them, and whatever else is sent there."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bridge.observe.status import Status
from bridge.server.http import Server
from bridge.settings.server import HubSignatureSettings, ServerSettings
from tests.server.given import FIRING, HOOK, STARTED, Intake
from tests.server.test_abuse import BROKEN

HOOK_OF_PUSHES = "/webhooks/github"
SECRET = "It's a Secret to Everybody"
SIGNATURE = "X-Hub-Signature-256"
PUSH = json.dumps({"ref": "refs/heads/main", "after": "1" * 40, "commits": []}).encode()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The header as GitHub has it."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {SIGNATURE: f"sha256={digest}"}


@asynccontextmanager
async def hearing(heard: list[str], **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A server that hears of refs that moved, and a client of it."""
    given = ServerSettings(
        **{
            "listen": "127.0.0.1:0",
            "github": HubSignatureSettings(secret=SecretStr(SECRET)),
            **settings,
        }
    )
    intake = Intake()
    intake.moved = heard
    server = Server(given, Status(STARTED), intake.listeners, lambda: STARTED)
    async with server as (host, port), httpx.AsyncClient(base_url=f"http://{host}:{port}") as http:
        yield http


def test_github_s_own_example_is_signed_so() -> None:
    """Source: docs.github.com, "Validating webhook deliveries", "Testing the validation"."""
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signed(b"Hello, World!") == {SIGNATURE: f"sha256={digest}"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (signed(PUSH), 202),
        ({**signed(PUSH), "X-GitHub-Event": "push"}, 202),
        ({}, 401),
        (signed(PUSH, "wrong"), 401),
        (signed(b"{}"), 401),
        ({SIGNATURE: signed(PUSH)[SIGNATURE].removeprefix("sha256=")}, 401),
        ({"X-Hub-Signature": "sha1=" + "0" * 40}, 401),
        ({"Authorization": "Bearer t0ken"}, 401),
    ],
)
async def test_its_signature_opens_and_nothing_else(headers: dict[str, str], status: int) -> None:
    heard: list[str] = []
    async with hearing(heard, webhook_token=SecretStr("t0ken")) as http:
        answer = await http.post(HOOK_OF_PUSHES, content=PUSH, headers=headers)
        other = await http.post(HOOK, content=FIRING, headers=signed(FIRING))
    assert (answer.status_code, heard) == (status, ["refs/heads/main"] if status == 202 else [])
    assert other.status_code == 401


async def test_headers_that_are_no_text_are_wrong_signatures() -> None:
    async with hearing([]) as http:
        headers = {SIGNATURE.encode(): b"sha256=\xff\xfe"}
        answer = await http.post(HOOK_OF_PUSHES, content=PUSH, headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize("event", ["ping", "issues"])
async def test_other_events_are_taken_and_do_nothing(event: str) -> None:
    heard: list[str] = []
    async with hearing(heard) as http:
        headers = {**signed(b"{}"), "X-GitHub-Event": event}
        answer = await http.post(HOOK_OF_PUSHES, content=b"{}", headers=headers)
    assert (answer.status_code, answer.text, heard) == (202, "nothing to do\n", [])


@pytest.mark.parametrize(
    "body", [*BROKEN, b"", b"[]", b'{"ref":1}', b'{"ref":"%b"}' % (b"x" * 2000)]
)
async def test_broken_bodies_are_told_so_even_if_signed(body: bytes) -> None:
    heard: list[str] = []
    async with hearing(heard) as http:
        answer = await http.post(HOOK_OF_PUSHES, content=body, headers=signed(body))
    assert answer.status_code == 400
    assert answer.text.startswith("not a push event: ")
    assert heard == []


async def test_the_secret_may_change_while_we_run(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("one-secret")
    codes = []
    async with hearing([], github=HubSignatureSettings(secret_file=file)) as http:
        for text in ("one-secret", "two-secret", ""):
            file.write_text(text)
            headers = signed(PUSH, "one-secret")
            codes.append(
                (await http.post(HOOK_OF_PUSHES, content=PUSH, headers=headers)).status_code
            )
    assert codes == [202, 401, 503]


async def test_without_a_secret_the_token_is_asked_for() -> None:
    given = {"github": None, "webhook_token": SecretStr("t0ken-canary")}
    async with hearing([], **given) as http:
        without = await http.post(HOOK_OF_PUSHES, content=PUSH)
        headers = {"Authorization": "Bearer t0ken-canary"}
        by_token = await http.post(HOOK_OF_PUSHES, content=PUSH, headers=headers)
    assert (without.status_code, by_token.status_code) == (401, 202)
