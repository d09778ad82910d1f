"""The simulated shop's metrics, as its pods and kube-state-metrics would export them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge.demo.simulator import Running, Shop

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class ShopCollector(Collector):
    """Reads the simulator whenever somebody scrapes."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def collect(self) -> Iterator[Metric]:
        """All families; a service is named as its workload is."""
        services = [running for running in self._shop if not running.workload.queued]
        queues = [running for running in self._shop if running.workload.queued]
        yield from _service_metrics(services)
        yield from _queue_metrics(queues)
        for kind in ("deployment", "statefulset"):
            yield from _state_metrics(kind, self._shop)


def registry_of(shop: Shop) -> CollectorRegistry:
    """A registry with the shop's metrics alone."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ShopCollector(shop))
    return registry


@asynccontextmanager
async def exporting(registry: CollectorRegistry) -> AsyncIterator[str]:
    """Serves `registry` on loopback; yields the address to scrape, as host:port."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": _TEXT})

    application = web.Application()
    application.router.add_get("/metrics", metrics)
    async with serving(application) as address:
        yield address


@asynccontextmanager
async def serving(application: web.Application) -> AsyncIterator[str]:
    """Runs a small web application on a free loopback port; yields host:port."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"{host}:{port}"
    finally:
        await runner.cleanup()


def _service_metrics(services: list[Running]) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        "http_requests", "Requests that arrived, by answer.", labels=["service", "code"]
    )
    busy = GaugeMetricFamily(
        "http_workers_busy_ratio", "Share of a pod's workers taken.", labels=["service", "pod"]
    )
    duration = Metric("http_request_duration_seconds", "Time to answer.", "summary")
    for running in services:
        name = running.workload.name
        requests.add_metric([name, "200"], running.served)
        requests.add_metric([name, "503"], running.refused)
        duration.add_sample(
            "http_request_duration_seconds",
            {"service": name, "quantile": "0.95"},
            running.latency,
        )
        for pod in running.pods:
            if pod.ready_at <= running.now:
                busy.add_metric([name, pod.name], running.busy)
    yield from (requests, busy, duration)


def _queue_metrics(queues: list[Running]) -> Iterator[Metric]:
    orders = CounterMetricFamily("orders_placed", "Orders put in the queue.", labels=["service"])
    depth = GaugeMetricFamily("orders_queue_depth", "Orders that wait.", labels=["service"])
    for running in queues:
        name = running.workload.name
        orders.add_metric([name], running.served + running.backlog)
        depth.add_metric([name], running.backlog)
    yield from (orders, depth)


def _state_metrics(kind: str, shop: Shop) -> Iterator[Metric]:
    """What kube-state-metrics says of the workloads of one kind."""
    labels = ["namespace", kind]
    ready = GaugeMetricFamily(f"kube_{kind}_status_replicas_ready", "Ready pods.", labels=labels)
    asked = GaugeMetricFamily(
        f"kube_{kind}_{'spec_' if kind == 'deployment' else ''}replicas",
        "Pods asked for.",
        labels=labels,
    )
    for running in shop:
        workload = running.workload
        if workload.kind.lower() == kind:
            ready.add_metric([workload.namespace, workload.name], running.ready)
            asked.add_metric([workload.namespace, workload.name], len(running.pods))
    yield from (ready, asked)
