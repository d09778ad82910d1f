"""Server-sent events: told of a change, of a gap, and dropped where they are not read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from bridge.observe.progress import Progress
from bridge.observe.pulse import Pulse
from bridge.observe.status import Status
from bridge.server import events
from tests.server.given import STARTED, serving

EVENTS = "/api/v1/events"


class Stream:
    """The lines of one browser."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self, within: float = 10) -> dict[str, str]:
        """The next event's fields, or a comment's text under an empty name."""
        found: dict[str, str] = {}
        async with asyncio.timeout(within):
            while True:
                line = await anext(self._lines)
                if line:
                    name, _, text = line.partition(":")
                    found[name] = text.strip()
                elif found:
                    return found


@asynccontextmanager
async def listening(
    http: httpx.AsyncClient, path: str = EVENTS, **headers: str
) -> AsyncIterator[Stream]:
    async with http.stream("GET", path, headers=headers, timeout=None) as answer:
        stream = Stream(answer)
        assert await stream.next() == {"retry": "2000"}
        yield stream


def neighbour(http: httpx.AsyncClient, address: str = "127.0.0.2") -> httpx.AsyncClient:
    """A client at another address."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    return httpx.AsyncClient(base_url=http.base_url, transport=transport)


async def test_a_change_is_told_and_a_known_version_is_not() -> None:
    status = Status(STARTED)
    async with serving(status=status) as http, listening(http) as stream:
        first = await stream.next()
        status.pulse.beat()
        second = await stream.next()
        async with listening(http, f"{EVENTS}?seen={second['id']}") as other:
            status.pulse.beat()
            third = await other.next()
        assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
    assert first["event"] == second["event"] == "changed"
    versions = [one["id"].partition("-") for one in (first, second, third)]
    assert [int(number) for _, _, number in versions] == [0, 1, 2]
    assert len({process for process, _, _ in versions}) == 1


async def test_who_missed_something_is_told_at_once() -> None:
    status = Status(STARTED)
    async with serving(status=status) as http:
        async with listening(http) as stream:
            known = (await stream.next())["id"]
        status.pulse.beat()
        async with listening(http, **{"Last-Event-ID": known}) as stream:
            missed = await stream.next()
        async with listening(http, **{"Last-Event-ID": "of-another-process-7"}) as stream:
            restarted = await stream.next()
    assert missed["id"] == restarted["id"] != known


async def test_silence_is_filled_with_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_HEARTBEAT_S", 0.05)
    async with serving() as http, listening(http) as stream:
        await stream.next()
        assert await stream.next() == {"": "still here"}


async def test_a_loop_that_hangs_is_told_with_the_next_heartbeat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "_HEARTBEAT_S", 0.05)
    now = 0.0
    status = Status(STARTED, progress=Progress(lambda: now))
    async with serving(status=status) as http, listening(http) as stream:
        known = (await stream.next())["id"]
        with status.progress.at("look"):
            now = 1000.0
            while (told := await stream.next()) == {"": "still here"}:
                pass
        while (over := await stream.next()) == {"": "still here"}:
            pass
    assert (told["id"], over["id"]) == (f"{known}-hung", known)


async def test_many_changes_are_one_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_PAUSE_S", 0.2)
    status = Status(STARTED)
    async with serving(status=status) as http, listening(http) as stream:
        await stream.next()
        for _ in range(500):
            status.pulse.beat()
        told = [await stream.next()]
        while not told[-1]["id"].endswith("-500"):
            told.append(await stream.next())
    assert len(told) <= 2


async def test_browsers_are_bounded_and_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_MOST", 3)
    monkeypatch.setattr(events, "_HEARTBEAT_S", 0.05)
    async with serving() as http, neighbour(http) as other, neighbour(http, "127.0.0.3") as third:
        async with listening(http), listening(http), listening(other):
            full = await third.get(EVENTS)
        again = await _once_there_is_room(http)
    assert (full.status_code, full.headers["Retry-After"]) == (503, "30")
    assert again == 200


async def test_hundreds_of_streams_of_one_source_leave_half_to_others() -> None:
    async with serving() as http, neighbour(http) as other, AsyncExitStack() as held:
        codes = []
        for _ in range(200):
            answer = await held.enter_async_context(http.stream("GET", EVENTS, timeout=None))
            codes.append(answer.status_code)
            if answer.status_code == 503:
                await answer.aclose()
        page = await http.get("/")
        async with listening(other) as stream:
            told = await stream.next()
    assert (codes.count(200), codes.count(503)) == (50, 150)
    assert page.status_code == 200
    assert told["event"] == "changed"


async def _once_there_is_room(http: httpx.AsyncClient) -> int:
    """The server notices with the next heartbeat that a browser is gone."""
    for _ in range(200):
        async with http.stream("GET", EVENTS) as answer:
            if answer.status_code != 503:
                return answer.status_code
        await asyncio.sleep(0.05)
    return 503


async def test_who_reads_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_PATIENCE_S", 0.05)
    hub = events.Events([Pulse()], lambda: False)

    async def stuck(_: bytes) -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await hub._feed(stuck, asyncio.Event(), "")


async def test_the_server_ends_its_streams_when_it_stops() -> None:
    async with serving() as http:
        stream = http.stream("GET", EVENTS, timeout=None)
        answer = await stream.__aenter__()
        before = asyncio.get_running_loop().time()
    took = asyncio.get_running_loop().time() - before
    assert answer.status_code == 200
    assert took < 2, "the streams were not waited for until the server's patience ended"
