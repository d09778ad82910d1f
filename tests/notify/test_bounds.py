"""Whatever a reconciler does, it costs a bounded time, queue and memory."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bridge.notify.reconcilers import Reconcilers, Turns
from bridge.settings.reconcilers import CommandSettings, WebhookSettings
from tests.notify.given import PUSH, REPO, told
from tests.parts.threads import Served


class Endless(Served):
    """Answers for ever: as fast as it can, or a byte now and then."""

    def __init__(self, pause: float) -> None:
        self.sent = 0
        self._pause = pause

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/hook", self._drip)
        return app

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=500)
        await answer.prepare(request)
        chunk = b"x" if self._pause else b"x" * 65_536
        while self.sent < 1 << 30:
            await answer.write(chunk)
            self.sent += len(chunk)
            await asyncio.sleep(self._pause)
        return answer


def hook(url: str, **more: Any) -> WebhookSettings:
    """A webhook there."""
    return WebhookSettings(name="w", type="webhook", url=f"{url}/hook", **more)


async def test_no_more_of_an_answer_is_read_than_is_shown() -> None:
    with Endless(pause=0) as server:
        [answer] = await told(hook(server.url))
    assert answer.error == f"HTTP 500: {'x' * 200}"
    assert server.sent < 64 << 20


@pytest.mark.usefixtures("no_pauses")
async def test_an_answer_that_drips_ends_with_its_timeout() -> None:
    begun = time.monotonic()
    with Endless(pause=0.05) as server:
        [answer] = await told(hook(server.url, timeout="250ms"))
    assert answer.error == "ReadTimeout: no whole answer within 0.25 s"
    assert time.monotonic() - begun < 10


async def test_of_many_that_wait_the_oldest_is_given_up_and_told() -> None:
    held, asked, heard = asyncio.Event(), asyncio.Event(), list[str]()

    async def slow(request: web.Request) -> web.Response:
        heard.append((await request.json())["after"])
        asked.set()
        await held.wait()
        return web.Response()

    server = web.Application()
    server.router.add_post("/hook", slow)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reconcilers = Reconcilers([hook(f"http://127.0.0.1:{runner.addresses[0][1]}")], REPO)
    pushes = [replace(PUSH, after=f"{number}") for number in range(24)]
    telling = [asyncio.create_task(reconcilers.tell(push)) for push in pushes]
    async with asyncio.timeout(10):
        await asked.wait()
        held.set()
        answers = [answer for [answer] in await asyncio.gather(*telling)]
    await runner.cleanup()
    assert heard == ["0", *map(str, range(4, 24))]
    why = "never told of this push: 20 newer ones wait for its answer"
    assert [answer.error for answer in answers] == ["", why, why, why, *[""] * 20]


async def test_a_command_runs_once_at_a_time_for_all_state_repos(tmp_path: Path) -> None:
    lock, ran = tmp_path / "lock", tmp_path / "ran"
    script = f"mkdir {lock} || exit 9; cat > /dev/null; sleep 0.2; echo >> {ran}; rmdir {lock}"
    given = CommandSettings(name="c", type="command", command=("sh", "-c", script))
    turns = Turns()
    repos = [Reconcilers([given], REPO, turns) for _ in range(3)]
    answers = await asyncio.gather(*(repo.tell(PUSH) for repo in repos))
    assert [answer.error for [answer] in answers] == ["", "", ""]
    assert len(ran.read_text().splitlines()) == 3  # each repo's push is heard of
