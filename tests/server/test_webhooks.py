"""Webhooks in, over real HTTP."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bridge.errors import ConfigInvalid
from tests.server.given import FIRING, HOOK, RESOLVED, Intake, serving

TOKEN = "t0ken-äß"


def with_version(version: str | int) -> bytes:
    """The captured body with another version: Grafana's is "1"."""
    return json.dumps({**json.loads(FIRING), "version": version}).encode()


def basic(user: str, password: str) -> bytes:
    """An Authorization header's value."""
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


@pytest.mark.parametrize(("body", "status"), [(FIRING, "firing"), (RESOLVED, "resolved")])
async def test_a_captured_notification_is_queued(body: bytes, status: str) -> None:
    intake = Intake()
    async with serving(intake) as http:
        answer = await http.post(HOOK, content=body)
    assert (answer.status_code, answer.text) == (202, "queued\n")
    (taken,) = intake.taken
    assert taken.status == status
    assert taken.alerts[0].labels == json.loads(body)["alerts"][0]["labels"]


@pytest.mark.parametrize(
    "authorization",
    [
        f"Bearer {TOKEN}".encode(),
        f"bearer  {TOKEN}".encode(),
        basic("alertmanager", TOKEN),
        basic("", TOKEN),
        basic("a", TOKEN).replace(b"Basic", b"BASIC"),
    ],
)
async def test_who_knows_the_token_comes_in(authorization: bytes) -> None:
    async with serving(webhook_token=SecretStr(TOKEN)) as http:
        headers = {b"Authorization": authorization}
        answer = await http.post(HOOK, content=FIRING, headers=headers)
    assert answer.status_code == 202


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        b"",
        b"Bearer",
        b"Bearer wrong",
        f"Bearer {TOKEN}x".encode(),
        b"Bearer \xff\xfe",
        b"Basic \xff\xfe",
        f"Digest {TOKEN}".encode(),
        TOKEN.encode(),
        basic(TOKEN, "wrong"),
        basic(TOKEN, ""),
        f"Basic {TOKEN}".encode(),
        b"Basic ====",
        b"Basic " + base64.b64encode(b"\xff\xff:\xff"),
    ],
)
async def test_who_does_not_stays_out(authorization: bytes | None) -> None:
    intake = Intake()
    async with serving(intake, webhook_token=SecretStr(TOKEN)) as http:
        headers = {} if authorization is None else {b"Authorization": authorization}
        answer = await http.post(HOOK, content=FIRING, headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert TOKEN not in answer.text
    assert intake.taken == []


async def test_the_token_may_change_while_we_run_and_without_it_nobody_comes_in(
    tmp_path: Path,
) -> None:
    file = tmp_path / "token"
    file.write_text("one\n")
    codes = []
    async with serving(webhook_token_file=file) as http:
        for text, given in (("one\n", "one"), ("two\n", "one"), ("two\n", "two"), ("", "two")):
            file.write_text(text)
            headers = {"Authorization": f"Bearer {given}"}
            codes.append((await http.post(HOOK, content=FIRING, headers=headers)).status_code)
        file.unlink()
        lost = await http.post(HOOK, content=FIRING)
    assert [*codes, lost.status_code] == [202, 401, 202, 503, 503]
    assert lost.text == "the webhook token can't be read here\n"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "Invalid JSON"),
        (b"alert!", "Invalid JSON"),
        (b'{"version": "4', "Invalid JSON"),
        (b"\xff\xfe", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"null", "body"),
        (b"[]", "body"),
        (b"{}", "version: Field required"),
        (with_version("1"), "version: Input should be '4'"),
        (with_version(4), "version: Input should be '4'"),
        (b'{"version":"4","status":"firing"}', "alerts: Field required"),
        (b'{"version":"4","status":"ok","alerts":[]}', "status: Input should be 'firing' or"),
        (b'{"version":"4","status":"firing","alerts":[{"status":"firing"}]}', "alerts.0.labels"),
    ],
)
async def test_what_is_no_such_payload_is_told_why(body: bytes, reason: str) -> None:
    intake = Intake()
    async with serving(intake) as http:
        answer = await http.post(HOOK, content=body)
    assert answer.status_code == 400
    assert answer.text.startswith("not an Alertmanager webhook payload of version 4: ")
    assert reason in answer.text
    assert intake.taken == []


async def test_a_body_beyond_the_limit_is_not_read() -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        yield FIRING + b" " * 2000

    async with serving(max_body=len(FIRING) + 1000) as http:
        announced = await http.post(HOOK, content=FIRING + b" " * 2000)
        chunked = await http.post(HOOK, content=unannounced())
        zipped = gzip.compress(FIRING + b" " * 2000)
        packed = await http.post(HOOK, content=zipped, headers={"Content-Encoding": "gzip"})
        small = await http.post(HOOK, content=FIRING)
    codes = [one.status_code for one in (announced, chunked, packed, small)]
    assert codes == [413, 413, 413, 202]


async def test_a_full_queue_says_come_again() -> None:
    async with serving(Intake(room=1)) as http:
        answers = [await http.post(HOOK, content=FIRING) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 503]
    assert answers[1].headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", HOOK, 405),
        ("PUT", HOOK, 405),
        ("POST", "/", 405),
        ("POST", "/metrics", 405),
        ("GET", "/webhooks/grafana", 405),
        ("POST", "/webhooks/else", 404),
        ("GET", "/nothing", 404),
        ("GET", "/../etc/passwd", 404),
        ("HEAD", "/healthz", 200),
    ],
)
async def test_other_ways_lead_nowhere(method: str, path: str, status: int) -> None:
    async with serving() as http:
        assert (await http.request(method, path)).status_code == status


async def test_a_taken_port_is_told() -> None:
    async with serving() as http:
        taken = f"{http.base_url.host}:{http.base_url.port}"
        with pytest.raises(ConfigInvalid, match=r"[Aa]ddress already in use"):
            async with serving(listen=taken):
                pytest.fail("it must not come up")
