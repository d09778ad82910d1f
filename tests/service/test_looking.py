"""Whoever asks for a look gets one that began after they asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.evaluate.prometheus import Prometheus
from bridge.observe.prometheus_watch import PrometheusWatch
from bridge.observe.status import Status
from bridge.repo.state_repo import StateRepo as Repo
from bridge.service.rounds import Rounds
from bridge.service.view import View
from bridge.service.watching import Watching
from bridge.settings.configuration import Settings
from bridge.settings.prometheus import PrometheusSettings
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.repo.ways import by_file
from tests.service.test_rounds import now, until_left


class Looks:
    """Watches a repo whose polls are hours apart; `amid` is called as its first look ends."""

    def __init__(self, rounds: Rounds, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: asyncio.Queue[str] = asyncio.Queue()
        self.newest = ""
        self.amid: Callable[[], object] | None = None
        self.watching = Watching(rounds, Status(now()), now, PrometheusWatch(), settings)
        self._look = rounds.look
        monkeypatch.setattr(rounds, "look", self._noting)

    async def _noting(self) -> View:
        view = await self._look()
        amid, self.amid = self.amid, None
        if amid:
            amid()
            await asyncio.sleep(0)
        self.newest = view.snapshot.tip
        self.seen.put_nowait(self.newest)
        return view


@pytest.fixture
async def looks(
    state_repo: StateRepo, fake: FakePrometheus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Looks]:
    monkeypatch.setattr("bridge.service.watching._LONGEST_SLEEP_S", 3600)
    fake.script(ANY, samples(700))
    prometheus = PrometheusSettings(url=fake.url)
    remote = by_file(state_repo, tmp_path, search_paths=("apps",), poll_interval=3600)
    settings = Settings(prometheus=prometheus, state_repo=remote)
    async with Repo(remote) as repo, Prometheus(prometheus) as source, asyncio.timeout(20):
        yield Looks(Rounds(repo, source, now), settings, monkeypatch)


@pytest.mark.parametrize("amid_a_look", [False, True])
async def test_a_push_is_followed_by_a_look_that_waits_for_no_tick(
    amid_a_look: bool, state_repo: StateRepo, looks: Looks
) -> None:
    moved: list[str] = []

    def push() -> None:
        moved.append(state_repo.write({"README.md": "x\n"}, "Edit"))
        looks.watching.look_again()

    looks.amid = push if amid_a_look else None
    async with until_left(looks.watching.run(lambda *_: None)):
        first = await looks.seen.get()
        if not amid_a_look:
            push()
        assert [first not in moved, await looks.seen.get()] == [True, *moved]


async def test_an_evaluation_that_is_asked_for_amid_a_look_follows_the_next_one(
    state_repo: StateRepo, looks: Looks
) -> None:
    asked: asyncio.Queue[asyncio.Task[None]] = asyncio.Queue()
    moved: list[str] = []

    def ask() -> None:
        moved.append(state_repo.write({"README.md": "x\n"}, "Edit"))
        asked.put_nowait(asyncio.create_task(looks.watching.evaluate("checkout")))

    looks.amid = ask
    async with until_left(looks.watching.run(lambda *_: None)):
        await (await asked.get())
        assert [looks.newest] == moved
