"""The demo: real parts on loopback, a sale of two minutes, and a summary."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
from rich.console import Console

from bridge.demo.audience import Audience, Log, Screen
from bridge.demo.exporter import registry_of
from bridge.demo.launch import ServiceFailed, service, service_config, waiting, write_token
from bridge.demo.ledger import Ledger
from bridge.demo.load import NOMINAL, Sale
from bridge.demo.monitoring import Choice, Monitoring, Pair, Webhook, monitoring
from bridge.demo.plumbing import GitFailed
from bridge.demo.reconciler import Counts, Reconciler
from bridge.demo.seed import seed
from bridge.demo.servers import PartFailed, PartMissing, free_port
from bridge.demo.simulator import WORKLOADS, Shop
from bridge.demo.story import Story
from bridge.demo.summary import summary
from bridge.demo.view import View

SHORTEST: Final = 40.0
_STEP_SECONDS: Final = 0.1
_LOOK_SECONDS: Final = 0.2
_EXPECTED: Final = (GitFailed, PartFailed, PartMissing, ServiceFailed, TimeoutError)


@dataclass(slots=True)
class Demo:
    """All parts of one run in one folder, and the story that they tell together."""

    folder: Path
    shop: Shop
    pair: Pair
    story: Story = field(default_factory=Story)
    listen: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    _started: float | None = None

    @property
    def elapsed(self) -> float:
        """Seconds into the story; 0 while the parts still start."""
        return 0.0 if self._started is None else time.monotonic() - self._started

    async def play(self, audience: Audience) -> None:
        """Starts everything, runs the load curve, stops everything."""
        ledger = Ledger(self.folder / "shop.git", await seed(self.folder / "shop.git"))
        async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stack:
            loops = Loops(tasks)
            stack.callback(loops.cancel)
            loops.add(self._simulate())
            loops.add(self._show(audience))
            self.story.tell(0.0, "note", f"starting the service, with {self.pair.caption}")
            watched = await self._start_parts(tasks, stack)
            stack.callback(loops.cancel)  # first of all: they ask what is about to stop
            self._open_shop()
            self.story.tell(0.0, "note", f"the shop is open; state repo {self.folder / 'shop.git'}")
            loops.add(self._watch(watched, ledger))
            loops.add(self._reconcile())
            await asyncio.sleep(self.shop.seconds)
        await self._read(ledger)  # the service's last words

    def _open_shop(self) -> None:
        self._started = time.monotonic()
        self.shop.sale = Sale.after_tick(time.time(), self.shop.seconds / NOMINAL)

    async def _start_parts(self, tasks: asyncio.TaskGroup, stack: AsyncExitStack) -> Monitoring:
        token = write_token(self.folder / "webhook-token")
        hook = Webhook(url=f"http://{self.listen}/webhooks/alertmanager", token_file=token)
        registry = registry_of(self.shop)
        watched = await stack.enter_async_context(
            monitoring(tasks, self.folder, registry, hook, self.pair)
        )
        await watched.warm()
        config = service_config(self.folder, watched.url, self.listen)
        await stack.enter_async_context(service(tasks, self.folder, config))
        return watched

    async def _simulate(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(_STEP_SECONDS)
            now = time.monotonic()
            self.shop.advance(self.elapsed, now - last)
            last = now
            if self._started is not None:
                self.story.see_load(self.elapsed, self.shop)

    async def _show(self, audience: Audience) -> None:
        while True:
            audience.look(self.elapsed)
            await asyncio.sleep(_STEP_SECONDS)

    async def _watch(self, watched: Monitoring, ledger: Ledger) -> None:
        """Looks in the story's order: alerts, then decisions, then commits."""
        async with aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError):  # a look that failed is made again
                    self.story.see_alerts(self.elapsed, await watched.alerts(session))
                    self.story.see_waiting(self.elapsed, await waiting(session, self.listen))
                await self._read(ledger)
                await asyncio.sleep(_LOOK_SECONDS)

    async def _read(self, ledger: Ledger) -> None:
        for commit in await ledger.news():
            self.story.see_commit(self.elapsed, commit)

    async def _reconcile(self) -> None:
        url = (self.folder / "shop.git").as_uri()
        await Reconciler(url, self.folder / "reconciler.git", self._apply).run()

    def _apply(self, sha: str, counts: Counts) -> None:
        before = {running.workload.key: len(running.pods) for running in self.shop}
        if [key for key, count in counts.items() if self.shop.apply(key, count)]:
            self.story.see_applied(self.elapsed, sha, before, counts)


@dataclass(slots=True)
class Loops:
    """Tasks that go on until somebody says stop."""

    tasks: asyncio.TaskGroup
    _running: list[asyncio.Task[None]] = field(default_factory=list)

    def add(self, work: Coroutine[Any, Any, None]) -> None:
        """Starts one more."""
        self._running.append(self.tasks.create_task(work))

    def cancel(self) -> None:
        """Stops all."""
        for task in self._running:
            task.cancel()


def main(
    *,
    headless: bool = False,
    folder: Path | None = None,
    seconds: float = NOMINAL,
    prometheus: Choice = "auto",
) -> int:
    """Plays the demo; 0 if the story happened, 1 if not, 2 for a folder that is in use."""
    console = Console()
    place = folder or Path(tempfile.mkdtemp(prefix="scalebridge-demo-"))
    place.mkdir(parents=True, exist_ok=True)
    if any(place.iterdir()):
        text = f"{place} is not empty: the demo wants a folder of its own"
        console.print(text, style="red", highlight=False, soft_wrap=True)
        return 2
    shop = Shop(WORKLOADS, max(seconds, SHORTEST))
    demo = Demo(place.resolve(), shop, Pair.chosen(prometheus))
    try:
        return asyncio.run(_guarded(demo, console, headless or not console.is_terminal))
    except KeyboardInterrupt:
        return _interrupted(console, place, signal.SIGINT)
    except asyncio.CancelledError:
        return _interrupted(console, place, signal.SIGTERM)


async def _guarded(demo: Demo, console: Console, headless: bool) -> int:
    """Plays; SIGTERM and a closed terminal stop it as Ctrl-C does, with everything it started."""
    playing = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if playing is not None:
            asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    view = View(demo.shop, demo.story, demo.pair.caption, demo.folder)
    failed = False
    try:
        with Log(console, demo.story) if headless else Screen(console, view) as audience:
            await demo.play(audience)
    except* _EXPECTED as failures:
        failed = True
        for failure in failures.exceptions:
            text = f"the demo failed: {failure}"
            console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    return 1 if failed else _concluded(demo, console)


def _concluded(demo: Demo, console: Console) -> int:
    text = summary(demo.story, demo.shop, demo.pair.caption, demo.folder)
    console.print("", text, sep="\n", markup=False, highlight=False, soft_wrap=True)
    return 1 if demo.story.missing() else 0


def _interrupted(console: Console, folder: Path, number: signal.Signals) -> int:
    console.print(f"\nstopped; the repo lies in {folder / 'shop.git'}", soft_wrap=True)
    return 128 + number
