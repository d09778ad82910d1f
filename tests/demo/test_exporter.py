from __future__ import annotations

import aiohttp
from prometheus_client.parser import text_string_to_metric_families as families

from bridge.demo.exporter import exporting, registry_of
from bridge.demo.simulator import WORKLOADS, Shop


async def scraped(shop: Shop) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """What a scrape of the shop over HTTP says."""
    async with (
        exporting(registry_of(shop)) as address,
        aiohttp.ClientSession() as session,
        session.get(f"http://{address}/metrics") as answer,
    ):
        assert answer.content_type == "text/plain"
        text = await answer.text()
    samples = (sample for family in families(text) for sample in family.samples)
    return {(one.name, frozenset(one.labels.items())): one.value for one in samples}


async def test_the_shop_is_exported_as_its_pods_and_kubernetes_would() -> None:
    shop = Shop(WORKLOADS)
    shop.apply(("Deployment", "shop", "checkout"), 6)
    shop.advance(1, 2)
    samples = await scraped(shop)

    def value(name: str, **labels: str) -> float:
        return samples[name, frozenset(labels.items())]

    deployed = {"namespace": "shop", "deployment": "checkout"}
    assert value("kube_deployment_status_replicas_ready", **deployed) == 2
    assert value("kube_deployment_spec_replicas", **deployed) == 6
    stateful = {"namespace": "shop", "statefulset": "worker"}
    assert value("kube_statefulset_status_replicas_ready", **stateful) == 2
    assert value("kube_statefulset_replicas", **stateful) == 2
    assert value("http_requests_total", service="checkout", code="200") > 300
    assert value("http_requests_total", service="checkout", code="503") == 0
    assert 0 < value("http_workers_busy_ratio", service="search", pod="search-1") < 1
    assert value("http_request_duration_seconds", service="search", quantile="0.95") < 0.5
    assert value("orders_placed_total", service="worker") > 80
    assert value("orders_queue_depth", service="worker") == 0


async def test_pods_that_start_export_nothing_yet() -> None:
    shop = Shop(WORKLOADS)
    shop.apply(("Deployment", "shop", "search"), 4)
    shop.advance(1, 1)
    pods = {dict(labels).get("pod") for _, labels in await scraped(shop)}
    assert {"search-0", "search-1"} <= pods
    assert "search-2" not in pods
