"""Signed webhooks by hand: headers given twice, other encodings, bodies of any size, other events.

Whatever is not exactly one signed delivery is refused, and what was signed is the whole body.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr

from bridge.settings.server import HubSignatureSettings
from tests.server.given import GRAFANA, GRAFANA_HOOK, Intake, serving
from tests.server.test_abuse import raw
from tests.server.test_attacks import answered
from tests.server.test_github import HOOK_OF_PUSHES, PUSH, SECRET, signed
from tests.server.test_grafana import SIGNATURE, TIMED, TIMESTAMP, timed

FLUX_HOOK = "/webhooks/flux"
HUB = HubSignatureSettings(secret=SecretStr(SECRET))
FORM = "application/x-www-form-urlencoded"


async def sent(
    http: httpx.AsyncClient, path: str, headers: Sequence[tuple[str, str]], body: bytes
) -> int:
    """The answer to these very header lines."""
    lines = [("Host", "localhost"), ("Content-Length", str(len(body))), *headers]
    head = "".join(f"{name}: {text}\r\n" for name, text in lines)
    async with raw(http) as (reader, writer):
        with suppress(ConnectionError):  # it may be refused before it is whole
            writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
            await writer.drain()
        return await answered(reader)


RIGHT = timed(0)
WRONG = {SIGNATURE: "0" * 64, TIMESTAMP: timed(1)[TIMESTAMP]}


@pytest.mark.parametrize("name", [SIGNATURE, TIMESTAMP])
@pytest.mark.parametrize("first", ["right", "wrong"])
async def test_grafana_s_headers_are_given_once(name: str, first: str) -> None:
    """A proxy may have checked the one, and we the other."""
    intake = Intake()
    pairs = [(name, RIGHT[name]), (name.lower(), WRONG[name])]
    others = [(other, text) for other, text in RIGHT.items() if other != name]
    async with serving(intake, grafana=TIMED) as http:
        twice = [*others, *(pairs if first == "right" else pairs[::-1])]
        assert await sent(http, GRAFANA_HOOK, twice, GRAFANA) == 400
        assert await sent(http, GRAFANA_HOOK, [*RIGHT.items()], GRAFANA) == 202
    assert len(intake.taken) == 1


def hub(body: bytes, header: str) -> dict[str, str]:
    """As Git hosts and Flux sign it, in this header."""
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {header: f"sha256={digest}"}


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        (HOOK_OF_PUSHES, hub(PUSH, "X-Hub-Signature-256"), "X-Hub-Signature-256"),
        (HOOK_OF_PUSHES, {**signed(PUSH), "X-GitHub-Event": "push"}, "X-GitHub-Event"),
        (FLUX_HOOK, hub(PUSH, "X-Signature"), "X-Signature"),
    ],
)
async def test_so_are_those_of_git_hosts_and_flux(
    path: str, headers: Mapping[str, str], name: str
) -> None:
    intake = Intake()
    async with serving(intake, github=HUB, flux=HUB) as http:
        again = [*headers.items(), (name, "other")]
        assert await sent(http, path, again, PUSH) == 400
        assert await sent(http, path, again[::-1], PUSH) == 400
    assert (intake.moved, intake.heard) == ([], [])


async def test_a_form_is_no_push_event_even_if_signed() -> None:
    """What GitHub sends where its webhook is left at the form's content type."""
    intake = Intake()
    form = urlencode({"payload": PUSH.decode()}).encode()
    async with serving(intake, github=HUB) as http:
        headers = {**signed(form), "Content-Type": FORM, "X-GitHub-Event": "push"}
        answer = await http.post(HOOK_OF_PUSHES, content=form, headers=headers)
    assert (answer.status_code, intake.moved) == (400, [])
    assert answer.text.startswith("not a push event: ")


@pytest.mark.parametrize(("more", "status"), [(0, 202), (1, 413)])
async def test_a_push_event_may_be_as_long_as_any_body(more: int, status: int) -> None:
    """Many commits, each with its files; beyond the limit the next poll finds what moved."""
    intake = Intake()
    most = 1_048_576
    start = {"ref": "refs/heads/main", "commits": [{"modified": ["f" * 100] * 9_000}]}
    body = json.dumps(start).encode()
    body += b" " * (most - len(body) + more)
    async with serving(intake, github=HUB) as http:
        answer = await http.post(HOOK_OF_PUSHES, content=body, headers=signed(body))
        again = await http.post(HOOK_OF_PUSHES, content=PUSH, headers=signed(PUSH))
    assert (answer.status_code, again.status_code) == (status, 202)
    assert intake.moved == ["refs/heads/main"] * (2 if status == 202 else 1)


@pytest.mark.parametrize("event", ["ping", "workflow_run", "PUSH", "push ", "", "p" * 8_000])
async def test_another_event_is_not_read_as_a_push(event: str) -> None:
    intake = Intake()
    async with serving(intake, github=HUB) as http:
        headers = [*signed(PUSH).items(), ("X-GitHub-Event", event)]
        code = await sent(http, HOOK_OF_PUSHES, headers, PUSH)
    told = {"push ": ["refs/heads/main"]}  # what stands around a value is no part of it
    assert (code, intake.moved) == (202, told.get(event, []))


async def test_whoever_lacks_the_secret_can_t_tell_an_event_from_another() -> None:
    async with serving(github=HUB) as http:
        codes = await asyncio.gather(
            *(
                sent(http, HOOK_OF_PUSHES, [("X-GitHub-Event", event)], body)
                for event in ("push", "ping")
                for body in (PUSH, b"{", b"")
            )
        )
    assert set(codes) == {401}
