"""The stand-ins, asked the same as the real programs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from bridge.demo.exporter import registry_of, serving
from bridge.demo.load import Sale
from bridge.demo.monitoring import ActiveAlert, Monitoring, Pair, Webhook, monitoring
from bridge.demo.seed import policies_folder
from bridge.demo.servers import ALERTMANAGER, PROMETHEUS
from bridge.demo.simulator import WORKLOADS, Shop
from bridge.policy.loading import parse_policy
from bridge.trigger.alertmanager import parse_alertmanager
from bridge.trigger.notification import Notification
from tests.parts.gate import needs

PEAK = Sale(opens=-3000, pace=100)
READY = 'max(kube_deployment_status_replicas_ready{deployment="search",namespace="shop"})'


pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]


@dataclass(frozen=True, slots=True)
class Watched:
    """A shop that runs, a pair that watches it, and what that pair posted to the webhook."""

    shop: Shop
    monitoring: Monitoring
    posted: asyncio.Queue[Notification]

    async def ask(self, path: str, **parameters: str) -> dict[str, Any]:
        """What the query API answers."""
        url = f"{self.monitoring.url}/api/v1/{path}"
        async with aiohttp.ClientSession() as session, session.get(url, params=parameters) as got:
            answer: dict[str, Any] = await got.json()
            return {"code": got.status, **answer}

    async def alerts(self) -> list[ActiveAlert]:
        """Pending and firing alerts."""
        async with aiohttp.ClientSession() as session:
            return await self.monitoring.alerts(session)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pairs(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Watched]]:
    """One shop in real time under quiet load; each Prometheus with the other Alertmanager."""
    needs(PROMETHEUS, ALERTMANAGER)
    shop = Shop(WORKLOADS)
    async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stack:
        simulation = tasks.create_task(simulate(shop))
        stack.callback(simulation.cancel)
        found = {}
        for name, pair in (("real", Pair(True, False)), ("stand-in", Pair(False, True))):
            posted, folder = asyncio.Queue[Notification](), tmp_path_factory.mktemp("pair")
            (folder / "token").write_text("secret")
            hook = await stack.enter_async_context(listening(posted, folder / "token"))
            parts = monitoring(tasks, folder, registry_of(shop), hook, pair)
            found[name] = Watched(shop, await stack.enter_async_context(parts), posted)
        await asyncio.gather(*(one.monitoring.warm() for one in found.values()))
        await asyncio.sleep(4)  # the policies' windows fill
        yield found


async def simulate(shop: Shop) -> None:
    start = last = time.monotonic()
    while True:
        await asyncio.sleep(0.05)
        now = time.monotonic()
        shop.advance(now - start, now - last)
        last = now


@asynccontextmanager
async def listening(posted: asyncio.Queue[Notification], token: Path) -> AsyncIterator[Webhook]:
    """A webhook that takes what the service would take."""

    async def receive(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer secret"
        posted.put_nowait(parse_alertmanager(await request.read()))
        return web.Response(status=202)

    application = web.Application()
    application.router.add_post("/webhook", receive)
    async with serving(application) as address:
        yield Webhook(url=f"http://{address}/webhook", token_file=token)


def queries() -> list[str]:
    """All that the policies ask."""
    files = policies_folder().glob("*.yaml")
    policies = [parse_policy(file.read_bytes(), file.name) for file in files]
    return [metric.query for policy in policies for metric in policy.spec.metrics]


@pytest.mark.parametrize("query", [*queries(), READY])
async def test_both_say_the_same_of_the_policies_queries(
    pairs: dict[str, Watched], query: str
) -> None:
    answers = [(await watched.ask("query", query=query)) for watched in pairs.values()]
    for answer in answers:
        assert (answer["code"], answer["status"]) == (200, "success")
        assert answer["data"]["resultType"] == "vector"
    real, stand_in = (answer["data"]["result"] for answer in answers)
    assert [sample["metric"] for sample in real] == [{}]
    assert [sample["metric"] for sample in stand_in] == [{}]
    assert stand_in[0]["value"][0] == pytest.approx(real[0]["value"][0], abs=2)
    numbers = [float(samples[0]["value"][1]) for samples in (real, stand_in)]
    assert numbers[1] == pytest.approx(numbers[0], rel=0.1)


async def test_a_series_has_the_labels_of_its_scrape(pairs: dict[str, Watched]) -> None:
    for watched in pairs.values():
        answer = await watched.ask("query", query="orders_queue_depth")
        (sample,) = answer["data"]["result"]
        assert sample["value"][1] == "0"
        assert sample["metric"].pop("instance")
        assert sample["metric"] == {
            "__name__": "orders_queue_depth",
            "job": "shop",
            "service": "worker",
        }


async def test_nothing_is_an_empty_vector(pairs: dict[str, Watched]) -> None:
    for watched in pairs.values():
        answer = await watched.ask("query", query="sum(nothing_of_the_kind)")
        assert answer["data"] == {"resultType": "vector", "result": []}


async def test_the_past_is_a_matrix(pairs: dict[str, Watched]) -> None:
    now = time.time()
    span = {"start": str(now - 20), "end": str(now), "step": "1"}
    for watched in pairs.values():
        answer = await watched.ask("query_range", query=READY, **span)
        assert answer["data"]["resultType"] == "matrix"
        (series,) = answer["data"]["result"]
        assert series["metric"] == {}
        assert {value for _, value in series["values"]} == {"2"}
        assert 3 <= len(series["values"]) <= 21
        assert now - 20.001 <= series["values"][0][0] < series["values"][-1][0] <= now + 0.001


@pytest.mark.parametrize("query", ["sum(", ""])
async def test_a_bad_query_is_refused(pairs: dict[str, Watched], query: str) -> None:
    for watched in pairs.values():
        answer = await watched.ask("query", query=query)
        assert (answer["code"], answer["status"], answer["errorType"]) == (400, "error", "bad_data")


async def test_a_range_of_too_many_points_is_refused(pairs: dict[str, Watched]) -> None:
    for watched in pairs.values():
        span = {"start": "0", "end": "100000", "step": "1"}
        assert (await watched.ask("query_range", query=READY, **span))["code"] == 400


async def test_a_post_asks_as_a_get_does(pairs: dict[str, Watched]) -> None:
    for watched in pairs.values():
        url = f"{watched.monitoring.url}/api/v1/query"
        async with aiohttp.ClientSession() as session:
            answer = await (await session.post(url, data={"query": READY})).json()
        assert answer["data"]["result"][0]["value"][1] == "2"


async def test_both_are_ready(pairs: dict[str, Watched]) -> None:
    for watched in pairs.values():
        async with aiohttp.ClientSession() as session:
            assert (await session.get(f"{watched.monitoring.url}/-/ready")).status == 200


async def test_an_alert_fires_is_posted_and_resolves(pairs: dict[str, Watched]) -> None:
    slow = ActiveAlert(name="ShopSlow", service="search", state="firing")
    for watched in pairs.values():
        watched.shop.sale = PEAK
    for watched in pairs.values():
        (alert,) = (await until(watched.posted, "firing")).alerts
        assert {"alertname": "ShopSlow", "severity": "page"}.items() <= alert.labels.items()
        assert slow in await watched.alerts()
    for watched in pairs.values():
        watched.shop.sale = Sale()
    for watched in pairs.values():
        await until(watched.posted, "resolved")
        assert slow not in await watched.alerts()
        for running in watched.shop:
            running.backlog = 0
    await asyncio.sleep(6)  # other tests compare: the windows forget this one


async def until(posted: asyncio.Queue[Notification], status: str) -> Notification:
    """The next notification about search with this status."""
    async with asyncio.timeout(20):
        while True:
            notification = await posted.get()
            service = notification.alerts[0].labels.get("service")
            if (notification.status, service) == (status, "search"):
                return notification
