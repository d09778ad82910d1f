"""Forms and headers that no browser sends are refused, and are no error of ours."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct

import pytest

from tests.server.given import STARTED, serving
from tests.server.shown import shown
from tests.server.test_api import Recorder, key_of
from tests.server.test_guard import form_of

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"form-token=\xff\xfe%ff"),
        (FORM, b"form-token=%ed%a0%80"),
        (FORM, b"&".join(b"a%d=b" % number for number in range(10_000))),
        (f"{FORM}; charset=nonsense", b"a=b"),
        (f"{FORM}; charset=utf-16", b"a=b"),
        (f"{FORM}; charset=unicode_escape", b"a=\\N{x"),
        (f"{FORM}; charset=base64", b"a=b"),
        (MULTIPART, b"--"),
        (f"{MULTIPART}; boundary=x", PART),
        (f"{MULTIPART}; boundary=x", b"nonsense"),
        ("text/plain", b"form-token=a"),
        ("", b""),
        ("///", b"a=b"),
    ],
    ids=range(13),
)
async def test_other_forms_than_ours_are_refused(
    content_type: str, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder()
    async with serving(status=shown(4, STARTED), actions=recorder) as http:
        key = await key_of(http, "worker-0002")
        headers = {"Content-Type": content_type}
        form = await http.post(f"/targets/{key}/release", content=body, headers=headers)
        api = await http.post(f"/api/v1/targets/{key}/release", content=body, headers=headers)
    assert (form.status_code, api.status_code) == (403, 415)
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []
    assert recorder.asked == []


async def test_ours_may_say_anything() -> None:
    recorder = Recorder()
    reason = "für den Ausverkauf & mehr: 100 % \N{ROCKET}"
    async with serving(status=shown(4, STARTED), actions=recorder) as http:
        key = await key_of(http, "worker-0002")
        form = {**await form_of(http, key), "reason": reason}
        assert (await http.post(f"/targets/{key}/release", data=form)).status_code == 303
    [(_, whose, *_)] = recorder.asked
    assert whose.reason == reason


@pytest.mark.parametrize("path", ["/", "/nowhere", "/webhooks/github"])
async def test_an_expectation_that_is_no_text_writes_no_log(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with serving(status=shown(4, STARTED)) as http:
        await http.post(path, headers={b"Expect": b"\xff"})
        assert (await http.get("/healthz")).status_code == 200
    assert [one for one in caplog.records if one.name != "httpx"] == []


async def test_who_leaves_before_he_may_go_on_writes_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    head = b"POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
    async with serving() as http:
        for _ in range(50):
            with socket.create_connection((http.base_url.host, http.base_url.port or 0)) as gone:
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                gone.sendall(head + b"Content-Length: 5\r\n\r\n")
            await asyncio.sleep(0.001)
        assert (await http.get("/healthz")).status_code == 200
    assert [one for one in caplog.records if one.name != "httpx"] == []


@pytest.mark.parametrize(
    "header",
    [
        ("Cookie", b"scalebridge-form=\xff"),
        ("Cookie", b"scalebridge-form=\xed\xa0\x80"),
        ("Cookie", b"a=" + b"b" * 7_000),
        ("Authorization", b"Basic \xff"),
        ("Last-Event-ID", b"\xff"),
        ("Origin", b"http://["),
        ("Host", b"localhost:99999999"),
        ("Range", b"bytes=9-1"),
        ("Expect", b"nonsense"),
        ("Upgrade", b"h2c"),
        ("If-None-Match", b"\xff"),
    ],
    ids=range(11),
)
async def test_odd_headers_are_no_error_of_ours(
    header: tuple[str, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    name, text = header
    headers = {name.encode(): text}
    async with serving(status=shown(4, STARTED), actions=Recorder()) as http:
        key = await key_of(http, "worker-0002")
        for method, path in (
            ("GET", "/"),
            ("GET", f"/targets/{key}"),
            ("POST", f"/targets/{key}/release"),
            ("POST", f"/api/v1/targets/{key}/release"),
            ("POST", "/webhooks/github"),
        ):
            answer = await http.request(method, path, headers=headers)
            assert answer.status_code < 500, (method, path)
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []
