"""Webhooks while the service evaluates: ours against the same server with a bare 200 route.

The service is a process of its own that decides for 500 policies every second, by one query each
of a fake Prometheus; the alternative is aiohttp in a process of its own that does nothing else.
Sixteen clients post an Alertmanager notification of ten alerts each, one after the other, to one
server and then to the other, in turns.
Prints as its last line one JSON object:
  `webhooks_per_s`             acknowledged (202) by ours, the median of the turns
  `webhook_p99_ms`             from request to reply, all turns together
  `ratio_to_bare_per_s`        ours / the bare server
  `ratio_to_bare_p99`          the same of the p99
  `refused`                    replies that were not 202
  `rounds`                     rounds of 500 policies that were decided meanwhile
Run: python benchmarks/webhooks.py [--quick]
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the real parts are those of the tests

import aiohttp
from aiohttp import web

from benchmarks.serving.scene import Service, flag, notification, shop
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.threads import Served

CLIENTS = 16
POLICIES = 500
ALERTS = 10


class Bare(Served):
    """The alternative: reads the body, answers 200."""

    def application(self) -> web.Application:
        """One route."""
        app = web.Application()
        app.router.add_post("/webhooks/alertmanager", _answer)
        return app


async def _answer(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(text="ok\n")


def serve_bare(told: Pipe) -> None:
    """In a process of its own, until the other end of the pipe closes."""
    with Bare() as server:
        told.send(server.url)
        told.poll(None)


@contextmanager
def bare() -> Iterator[str]:
    """Its URL."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=serve_bare, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


@dataclass
class Turns:
    """What one server did."""

    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def p99(self) -> float:
        """In seconds."""
        return statistics.quantiles(self.latencies, n=100)[98]

    async def add(self, url: str, seconds: float) -> None:
        """One turn of posts."""
        until, before = time.perf_counter() + seconds, len(self.latencies)
        async with aiohttp.ClientSession() as session:
            posts = (self._post(session, url, until) for _ in range(CLIENTS))
            await asyncio.gather(*posts)
        self.rates.append((len(self.latencies) - before) / seconds)

    async def _post(self, session: aiohttp.ClientSession, url: str, until: float) -> None:
        body = notification(range(ALERTS))
        while (started := time.perf_counter()) < until:
            async with session.post(f"{url}/webhooks/alertmanager", data=body) as answer:
                await answer.read()
            self.refused += answer.status not in (200, 202)
            self.latencies.append(time.perf_counter() - started)


def measure(folder: Path, *, turns: int, seconds: float, policies: int) -> dict[str, Any]:
    """Every figure."""
    with ExitStack() as open_:
        fake = open_.enter_context(FakePrometheus())
        fake.script(ANY, samples(300))
        repo = shop(folder, policies)
        server = {"rate_limit": 0, "queue": 1_000_000}
        service = open_.enter_context(Service(folder, fake.url, {"url": repo.url}, server=server))
        alternative = open_.enter_context(bare())
        before = service.metric("scalebridge_pass_duration_seconds_count")
        ours, theirs = Turns(), Turns()
        for _ in range(turns):
            asyncio.run(theirs.add(alternative, seconds))
            asyncio.run(ours.add(service.url, seconds))
        rounds = service.metric("scalebridge_pass_duration_seconds_count") - before
    return {
        "webhooks_per_s": round(statistics.median(ours.rates)),
        "webhook_p99_ms": round(ours.p99 * 1000, 1),
        "ratio_to_bare_per_s": round(
            statistics.median(ours.rates) / statistics.median(theirs.rates), 3
        ),
        "ratio_to_bare_p99": round(ours.p99 / theirs.p99, 2),
        "refused": ours.refused,
        "rounds": round(rounds),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Starts the parts, measures, prints."""
    quick, tiny = flag(__doc__ or "")
    turns, seconds = (1, 0.3) if tiny else (3, 3.0) if quick else (5, 10.0)
    with tempfile.TemporaryDirectory(prefix="webhooks-") as name:
        policies = 20 if tiny else POLICIES
        result = measure(Path(name), turns=turns, seconds=seconds, policies=policies)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
