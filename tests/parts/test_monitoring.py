"""Real Prometheus and Alertmanager start, scrape, alert and stop; the fake one shows faults."""

from __future__ import annotations

import asyncio
import math
import os
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bridge.demo import servers
from tests.parts.fake_prometheus import FakePrometheus
from tests.parts.gate import needs
from tests.parts.monitoring import Monitoring, prometheus_config
from tests.parts.threads import Served

QUEUE = 'queue_depth{service="web"}'

Post = tuple[str | None, dict[str, Any]]


class Webhook(Served):
    """Keeps what Alertmanager posts."""

    def __init__(self) -> None:
        self.posts: SimpleQueue[Post] = SimpleQueue()

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/hook", self._receive)
        return app

    async def _receive(self, request: web.Request) -> web.Response:
        self.posts.put((request.headers.get("Authorization"), await request.json()))
        return web.Response(status=202)


async def answers(url: str) -> bool:
    """Whether there is a server."""
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(f"{url}/-/ready") as response:
                return response.ok
        except aiohttp.ClientConnectorError:
            return False


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_crossed_threshold_reaches_the_webhook(monitoring: Monitoring, time: str) -> None:
    monitoring.exporter.set("queue_depth", 5, service="web")
    with Webhook() as webhook:
        monitoring.route_to(f"{webhook.url}/hook", token=f"{time} t0ken")
        monitoring.until(QUEUE, "5")
        monitoring.exporter.set("queue_depth", 500, service="web")
        authorization, firing = webhook.posts.get(timeout=5)
        monitoring.exporter.set("queue_depth", 0, service="web")
        _, resolved = webhook.posts.get(timeout=5)
        assert webhook.posts.empty()
    assert authorization == f"Bearer {time} t0ken"
    labels = firing["alerts"][0]["labels"]
    assert (labels["alertname"], labels["service"]) == ("QueueDeep", "web")
    assert (firing["status"], resolved["status"]) == ("firing", "resolved")


def test_prometheus_sees_what_the_exporter_is_told(monitoring: Monitoring) -> None:
    exporter = monitoring.exporter
    exporter.set("queue_depth", math.nan, service="web")
    exporter.set("queue_depth", 7, service="jobs")
    exporter.add("http_requests_total", 3, code="200")
    exporter.add("http_requests_total", 4, code="200")
    monitoring.until("http_requests_total", "7")
    monitoring.until(QUEUE, "NaN")
    exporter.remove("queue_depth", service="web")
    monitoring.until(QUEUE)
    monitoring.until("queue_depth", "7")


def test_nothing_is_left_for_the_next_test(monitoring: Monitoring) -> None:
    assert monitoring.values("queue_depth") == monitoring.values("http_requests_total") == []


def test_waiting_in_vain_says_what_there_was(monitoring: Monitoring) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"is \['1'\] and not \['2'\]"):
        monitoring.until("up", "2", within=0.1)


@pytest.mark.usefixtures("prometheus_binaries")
async def test_a_server_is_gone_afterwards(tmp_path: Path) -> None:
    async with servers.prometheus(tmp_path, prometheus_config([])) as url:
        assert await answers(url)
    assert not await answers(url)


@pytest.mark.usefixtures("prometheus_binaries")
async def test_a_server_is_gone_after_a_cancellation(tmp_path: Path) -> None:
    ready: asyncio.Queue[str] = asyncio.Queue()

    async def hold() -> None:
        async with servers.prometheus(tmp_path, prometheus_config([])) as url:
            await ready.put(url)
            await asyncio.Event().wait()

    holding = asyncio.create_task(hold())
    url = await asyncio.wait_for(ready.get(), 20)
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    assert not await answers(url)


@pytest.mark.usefixtures("prometheus_binaries")
async def test_a_server_that_dies_says_why(tmp_path: Path) -> None:
    with pytest.raises(servers.PartFailed, match="field nonsense not found"):
        async with servers.prometheus(tmp_path, "nonsense: 1\n"):
            pytest.fail("it must not come up")


@pytest.mark.usefixtures("prometheus_binaries")
async def test_a_taken_port_is_not_mistaken_for_ours(tmp_path: Path) -> None:
    with FakePrometheus() as stranger:
        port = int(stranger.address.split(":")[1])
        with pytest.raises(servers.PartFailed, match="in use"):
            async with servers.prometheus(tmp_path, "", port=port):
                pytest.fail("it must not come up")


async def test_a_server_that_hangs_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "deaf"
    program.write_text("#!/bin/sh\ntrap '' TERM\necho $$\nwhile :; do sleep 0.05; done\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(servers, "PROMETHEUS", ("deaf",))
    monkeypatch.setattr(servers, "READY_WITHIN", 0.5)
    monkeypatch.setattr(servers, "STOPPED_WITHIN", 0.1)
    with pytest.raises(servers.PartFailed, match=r"not ready in 0.5 s") as failure:
        async with servers.prometheus(tmp_path, ""):
            pytest.fail("it must not come up")
    pid = int(str(failure.value).splitlines()[-1])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "ALERTMANAGER", ("no-such-program", "nor-this"))
    with pytest.raises(servers.PartMissing, match="no-such-program or nor-this not found"):
        async with servers.alertmanager(tmp_path, ""):
            pytest.fail("it must not come up")


@pytest.mark.parametrize(
    ("ci", "outcome"),
    [("true", pytest.fail.Exception), ("", pytest.skip.Exception)],
)
def test_a_missing_program_skips_a_laptop_and_fails_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    needs("git", ("no-such-program", "git"))
    with pytest.raises(outcome, match="no-such-program is not installed"):
        needs("git", "no-such-program")
