"""What strangers send, too much, too slowly or broken, is bounded and harmless."""

from __future__ import annotations

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bridge.observe import metrics
from bridge.server.limits import RateLimit
from tests.server.given import FIRING, GRAFANA_HOOK, HOOK, Intake, serving
from tests.trigger.test_alertmanager import JSON

HEAD = b"POST /webhooks/alertmanager HTTP/1.1\r\nHost: localhost\r\n"


@asynccontextmanager
async def raw(http: httpx.AsyncClient) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    """A connection of one's own."""
    reader, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def ending(reader: StreamReader) -> bytes:
    """All that the server says until it hangs up."""
    said = b""
    async with asyncio.timeout(15):
        with suppress(ConnectionResetError):  # it was told, and went on sending
            while chunk := await reader.read(1_000):
                said += chunk
    return said


async def drip(writer: StreamWriter, line: bytes) -> None:
    """For ever a little more, as slow-loris does."""
    while True:
        try:
            writer.write(line)
            await writer.drain()
        except ConnectionError:
            return
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("start", [b"", b"POST /webh", HEAD], ids=["silent", "half a line", "head"])
async def test_headers_that_never_end_are_hung_up_on(start: bytes) -> None:
    async with serving(idle_timeout=0.4) as http, raw(http) as (reader, writer):
        writer.write(start)
        dripping = asyncio.create_task(drip(writer, b"X-A: b\r\n" if start == HEAD else b""))
        assert await ending(reader) == b""
        dripping.cancel()
        assert (await http.post(HOOK, content=FIRING)).status_code == 202


async def test_so_are_those_of_a_second_request() -> None:
    async with serving(idle_timeout=0.4) as http, raw(http) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200")
        writer.write(HEAD)
        dripping = asyncio.create_task(drip(writer, b"X-A: b\r\n"))
        assert await ending(reader) == b""
        dripping.cancel()


async def test_a_body_that_drips_is_given_up() -> None:
    intake = Intake()
    async with serving(intake, read_timeout=0.3) as http, raw(http) as (reader, writer):
        writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
        dripping = asyncio.create_task(drip(writer, b" "))
        assert (await ending(reader)).startswith(b"HTTP/1.1 408")
        dripping.cancel()
        assert (await http.post(HOOK, content=FIRING)).status_code == 202


async def test_a_stranger_s_body_is_not_even_read() -> None:
    async with serving(webhook_token=SecretStr("x")) as http, raw(http) as (reader, writer):
        writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 401")


async def test_headers_without_end_are_refused() -> None:
    async with serving() as http:
        answer = await http.post(HOOK, content=FIRING, headers={"X-Long": "x" * 100_000})
        assert answer.status_code == 400
        assert (await http.post(HOOK, content=FIRING)).status_code == 202


async def test_more_connections_than_allowed_are_closed_and_make_room_again() -> None:
    async with serving(max_connections=3, idle_timeout=1) as http:
        async with raw(http), raw(http), raw(http), raw(http) as (reader, _):
            assert await ending(reader) == b""
        for _ in range(100):
            try:
                assert (await http.get("/healthz")).status_code == 200
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
        else:
            pytest.fail("no room again")


async def test_more_webhooks_than_allowed_are_told_to_come_again() -> None:
    intake = Intake(room=1000)
    async with serving(intake, rate_limit=1) as http:
        answers = [await http.post(HOOK, content=FIRING) for _ in range(4)]
        assert (await http.get("/healthz")).status_code == 200
    assert [answer.status_code for answer in answers][:2] == [202, 202]
    assert (answers[3].status_code, answers[3].headers["Retry-After"]) == (503, "1")
    assert len(intake.taken) < 4


async def test_who_sends_too_many_leaves_others_their_share() -> None:
    limited = metrics.webhooks_limited.labels("alertmanager")._value
    before = limited.get()
    async with serving(rate_limit=1) as http:
        flood = [(await http.post(HOOK, content=FIRING)).status_code for _ in range(8)]
        neighbour = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        async with httpx.AsyncClient(base_url=http.base_url, transport=neighbour) as other:
            answer = await other.post(HOOK, content=FIRING)
    assert 503 in flood
    assert limited.get() - before == flood.count(503)
    assert answer.status_code == 202


def test_each_source_has_a_bucket_that_refills_and_there_are_only_so_many() -> None:
    limit = RateLimit(2)
    assert [limit.allows("a", 0) for _ in range(5)] == [True, True, True, True, False]
    assert limit.allows("b", 0)
    assert [limit.allows("a", 0.5) for _ in range(2)] == [True, False]
    assert [limit.allows("a", 100) for _ in range(5)] == [True, True, True, True, False]
    for source in range(20_000):
        limit.allows(str(source), 100)
    assert len(limit._left) == 10_000
    unlimited = RateLimit(0)
    assert all(unlimited.allows("a", 0) for _ in range(100))


BROKEN = [
    b"[" * 200_000,
    b'{"version":"4","status":"firing","alerts":' + b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'{"version":"4","status":"firing","alerts":[{"status":1,"labels":[]}]}',
    b'{"version":"4","status":"firing","alerts":[],"truncatedAlerts":1e999}',
    b"\x00" * 1000,
    b'{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"a":"\\ud800"}}]}',
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
@pytest.mark.parametrize("hook", [HOOK, GRAFANA_HOOK])
async def test_broken_bodies_are_told_so(hook: str, number: int) -> None:
    intake = Intake()
    async with serving(intake) as http:
        assert (await http.post(hook, content=BROKEN[number])).status_code == 400
    assert intake.taken == []


@settings(max_examples=20, deadline=None)
@given(sent=st.lists(st.binary() | JSON, min_size=5, max_size=10))
def test_whatever_is_posted_is_answered(sent: list[Any]) -> None:
    async def post() -> list[int]:
        async with serving() as http:
            bodies = [one if isinstance(one, bytes) else json.dumps(one) for one in sent]
            hooks = (HOOK, GRAFANA_HOOK)
            return [
                (await http.post(hook, content=body)).status_code
                for body in bodies
                for hook in hooks
            ]

    assert set(asyncio.run(post())) <= {202, 400}
