"""An API whose answer never ends keeps nobody: neither us nor the thread that reads it."""

from __future__ import annotations

import asyncio
import time
from asyncio import StreamReader, StreamWriter
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from bridge.errors import RemoteUnavailable
from bridge.publish import github_connections
from bridge.publish.commit_status import CommitStatuses
from bridge.publish.github import GitHub as GitHubForge
from bridge.publish.github import GitHubApi
from bridge.publish.push import Push
from bridge.settings.publish import PublishSettings
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.github import GitHub
from tests.parts.state_repo import StateRepo
from tests.parts.threads import Context, LoopThread, close
from tests.repo.relay import Relay
from tests.repo.ways import NOON

PATIENCE_S = 0.4


class Dripping(Context):
    """Answers with these headers, and a byte in each 50 ms: far within the timeout of a read."""

    def __init__(self, headers: bytes) -> None:
        self._head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + headers + b"\r\n"

    def _enter(self, stack: ExitStack) -> None:
        thread = stack.enter_context(LoopThread())
        self._answering: set[asyncio.Task[None]] = set()
        server = thread.run(asyncio.start_server(self._answer, "127.0.0.1", 0))
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        stack.callback(lambda: thread.run(self._close(server)))

    async def _close(self, server: asyncio.Server) -> None:
        await close(server)
        await asyncio.wait(self._answering)

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        if task := asyncio.current_task():
            self._answering.add(task)
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self._head)
            while not reader.at_eof():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def api(address: str, token: str) -> GitHubApi:
    """Of a repository there."""
    remote = StateRepoSettings(url=f"http://{address}/remote/state.git", mirror=Path("mirror.git"))
    return GitHubApi(remote, lambda: token)


@pytest.mark.parametrize("length", [b"Content-Length: 9000\r\n", b""], ids=["told", "not told"])
def test_an_answer_that_drips_is_cut(length: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_connections, "WHOLE_S", PATIENCE_S)
    with Dripping(length) as server:
        forge = GitHubForge(api(server.address, "ghp_x"), "main", PublishSettings())
        begun = time.monotonic()
        with pytest.raises(RemoteUnavailable, match=r"Timeout: no whole answer within 0\.4 s"):
            forge.seen("scalebridge/main/scaling", exists=False)
        assert PATIENCE_S <= time.monotonic() - begun < 5


async def test_what_deployers_say_is_asked_for_again(
    state_repo: StateRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_connections, "WHOLE_S", PATIENCE_S)
    with GitHub(state_repo) as hub, Dripping(b"") as dripping, Relay(dripping.address) as relay:
        there = api(relay.address, hub.password)
        statuses = CommitStatuses(there, ["deploy/*"])
        push = Push("", state_repo.tip(), "", (), ())
        [report] = await statuses.reports(push, NOON)
        assert "no whole answer" in report.text
        relay.lead_to(hub.address)
        monkeypatch.setattr(github_connections, "WHOLE_S", 20)
        [report] = await statuses.reports(push, NOON)
        assert report.text == "no such status yet"
