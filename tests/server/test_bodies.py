"""Bodies of strangers: however many are sent at once, they take a bounded room, and each its share.

Who signs is known only after the body, so that it has to be read of everybody.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from asyncio import IncompleteReadError, StreamReader, Task
from contextlib import AsyncExitStack, suppress
from itertools import islice
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bridge.server.limits import Room
from bridge.settings.server import HubSignatureSettings
from tests.server.given import FIRING, HOOK, Intake, serving
from tests.server.test_abuse import raw
from tests.server.test_events import neighbour
from tests.server.test_github import HOOK_OF_PUSHES, PUSH, SECRET, signed

HUB = HubSignatureSettings(secret=SecretStr(SECRET))
MIB = 1 << 20
Answer = Task[bytes]
HEAD = b"POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\n"


def resident_kib() -> int:
    """Of this process, which is the server."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 1024


async def begun(http: httpx.AsyncClient, held: AsyncExitStack, said: bytes, sent: int) -> Answer:
    """The start of an answer to a body that does not end."""
    reader, writer = await held.enter_async_context(raw(http))
    with suppress(ConnectionError):
        writer.write(HEAD + said + b"\r\n" + b" " * sent)
        await writer.drain()
    return asyncio.create_task(_start_of(reader))


async def _start_of(reader: StreamReader) -> bytes:
    try:
        return await reader.readexactly(12)
    except (ConnectionError, IncompleteReadError):  # refused while it was sent
        return b""


async def read_on(answers: list[Answer], refused: int) -> int:
    """How many are read on, once so many were refused."""
    async with asyncio.timeout(30):
        for one in islice(asyncio.as_completed(answers), refused):
            await one
    await asyncio.sleep(0.3)
    assert {one.result() for one in answers if one.done()} <= {b"HTTP/1.1 503", b""}
    waiting = [one for one in answers if not one.done()]
    for one in waiting:
        one.cancel()
    return len(waiting)


@pytest.mark.timeout(90)
async def test_bodies_that_are_begun_take_no_more_room_than_there_is() -> None:
    before = resident_kib()
    async with serving(github=HUB, read_timeout=60) as http, AsyncExitStack() as held:
        length = b"Content-Length: %d\r\n" % MIB
        answers = [await begun(http, held, length, MIB - 1) for _ in range(100)]
        held_up = await read_on(answers, 84)
        taken = resident_kib() - before
        refused = await http.post(HOOK_OF_PUSHES, content=PUSH, headers=signed(PUSH))
        async with neighbour(http) as other:
            fine = await other.post(HOOK_OF_PUSHES, content=PUSH, headers=signed(PUSH))
    assert held_up == 16
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert fine.status_code == 202
    assert taken < 64 * 1024


@pytest.mark.parametrize(
    "said",
    [b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\nContent-Length: 9\r\n"],
    ids=["chunked", "packed"],
)
async def test_one_that_doesn_t_say_its_length_counts_as_the_longest(said: bytes) -> None:
    async with serving(github=HUB, read_timeout=60) as http, AsyncExitStack() as held:
        answers = [await begun(http, held, said, 0) for _ in range(20)]
        assert await read_on(answers, 4) == 16
        page = await http.get("/")
    assert page.status_code == 200


async def test_there_is_room_again_when_they_are_gone() -> None:
    async with serving(github=HUB, read_timeout=0.5) as http, AsyncExitStack() as held:
        length = b"Content-Length: %d\r\n" % MIB
        for _ in range(17):
            await begun(http, held, length, 1)
        codes = set[int]()
        async with asyncio.timeout(10):
            while 202 not in codes:
                answer = await http.post(HOOK_OF_PUSHES, content=PUSH, headers=signed(PUSH))
                codes.add(answer.status_code)
    assert codes <= {202, 503}


def test_half_of_the_room_is_for_one_source() -> None:
    room = Room(100)
    with room.taken("a", 50) as first, room.taken("a", 1) as more, room.taken("b", 50) as other:
        with room.taken("c", 1) as full:
            assert (first, more, other, full) == (True, False, True, False)
        with room.taken("a", 0) as nothing:
            assert nothing
    assert not room._taken
    with room.taken("a", 50) as again:
        assert again


@pytest.mark.parametrize("path", [HOOK, HOOK_OF_PUSHES, "/targets/none/pause", "/api/v1/events"])
async def test_who_leaves_amid_a_body_writes_no_log(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    intake = Intake()
    async with serving(intake, github=HUB) as http:
        for _ in range(5):
            async with raw(http) as (_, writer):
                writer.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n".encode())
                writer.write(b"Content-Length: 100000\r\n\r\nhalf of it")
                await writer.drain()
                await asyncio.sleep(0.05)
        assert (await http.post(HOOK, content=FIRING)).status_code == 202
    assert [one for one in caplog.records if one.name != "httpx"] == []
    assert len(intake.taken) == 1
