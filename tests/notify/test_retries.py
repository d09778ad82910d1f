"""A notice is sent again where the other side documents that it helps."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from pydantic import TypeAdapter

from bridge.notify.reconcilers import Reconcilers
from bridge.settings.reconcilers import ReconcilerSettings
from tests.notify.given import PUSH, REPO, told
from tests.parts.deployers import KEY, Flux

URL = "http://it.example.org/hook"
SETTINGS: TypeAdapter[ReconcilerSettings] = TypeAdapter(ReconcilerSettings)


def of(kind: str, url: str = URL, **more: Any) -> ReconcilerSettings:
    """A reconciler of this type."""
    return SETTINGS.validate_python({"name": "r", "type": kind, "url": url, "token": KEY, **more})


@pytest.mark.parametrize(
    "case",
    [
        ("argocd", 503, "queue full", 4),
        ("argocd", 400, "Webhook processing failed", 1),
        ("argocd", 500, "", 1),
        ("flux", 503, "", 4),
        ("flux", 400, "", 1),
        ("flux", 404, "", 1),
        ("jenkins_x", 500, "Failed to parse webhook: invalid signature", 1),
        ("jenkins_x", 500, "try again", 4),
        ("jenkins_x", 503, "", 4),
        ("webhook", 429, "", 4),
        ("webhook", 503, "", 4),
        ("webhook", 500, "", 1),
        ("webhook", 302, "", 1),
    ],
)
async def test_what_is_documented_as_passing_is_tried_again(
    respx_mock: respx.MockRouter,
    no_pauses: list[float],
    case: tuple[str, int, str, int],
) -> None:
    kind, status, text, times = case
    route = respx_mock.post(URL).respond(status, text=text)
    [answer] = await told(of(kind))
    assert (answer.error, route.call_count) == (f"HTTP {status}: {text}", times)
    assert len(no_pauses) == times - 1
    for pause, longest in zip(no_pauses, (1, 2, 4), strict=False):
        assert longest / 2 <= pause <= longest


async def test_a_lost_connection_is_tried_again(
    respx_mock: respx.MockRouter, no_pauses: list[float]
) -> None:
    lost = [httpx.ConnectError("no route"), httpx.ReadTimeout("10 s")]
    respx_mock.post(URL).mock(side_effect=[*lost, httpx.Response(200)])
    [answer] = await told(of("flux"))
    assert (answer.error, len(no_pauses)) == ("", 2)


async def test_a_receiver_that_gets_ready_takes_the_same_notice(no_pauses: list[float]) -> None:
    with Flux("generic-hmac", [(503, "not ready")]) as server:
        [answer] = await told(of("flux", f"{server.url}{server.path}"))
    assert (answer.error, len(no_pauses)) == ("", 1)
    assert server.bodies[0] == server.bodies[1]


async def test_a_command_may_ask_to_be_run_again(no_pauses: list[float]) -> None:
    for code, pauses in ((75, 3), (1, 0)):
        given = {"name": "c", "type": "command", "command": ["sh", "-c", f"exit {code}"]}
        [answer] = await told(SETTINGS.validate_python(given))
        assert (answer.error, len(no_pauses)) == (f"exit code {code}", pauses)
        no_pauses.clear()


async def test_a_slow_command_hears_of_the_newest_push_only(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    script = f"cat >> {runs}; echo >> {runs}; sleep 0.3"
    given = {"name": "c", "type": "command", "command": ["sh", "-c", script]}
    reconcilers = Reconcilers([SETTINGS.validate_python(given)], REPO)
    pushes = [replace(PUSH, after=name) for name in ("first", "second", "third", "last")]
    answers = await asyncio.gather(*(reconcilers.tell(push) for push in pushes))
    assert [len(answer) for answer in answers] == [1, 0, 0, 1]
    heard = [json.loads(line)["after"] for line in runs.read_text("utf-8").splitlines()]
    assert heard == ["first", "last"]


async def test_others_hear_of_each_push_in_order() -> None:
    with Flux("generic-hmac") as server:
        reconcilers = Reconcilers([of("flux", f"{server.url}{server.path}")], REPO)
        pushes = [replace(PUSH, after=name) for name in ("first", "second", "third")]
        await asyncio.gather(*(reconcilers.tell(push) for push in pushes))
    assert [json.loads(body)["after"] for body in server.bodies] == ["first", "second", "third"]
