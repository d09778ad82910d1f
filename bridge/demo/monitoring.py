"""Prometheus and Alertmanager for the demo: the real ones, or stand-ins that say so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import aiohttp
import yaml
from prometheus_client import CollectorRegistry

from bridge.demo.exporter import exporting
from bridge.demo.servers import ALERTMANAGER, PROMETHEUS, alertmanager, binary, prometheus
from bridge.demo.standin_alertmanager import GROUP_BY, stand_in_alertmanager
from bridge.demo.standin_prometheus import stand_in_prometheus

RULES: Final = Path(__file__).parent / "shop" / "rules.yml"
Choice = Literal["auto", "real", "stand-in"]

_WARM_QUERY: Final = "sum(rate(http_requests_total[5s]))"
_WARM_WITHIN: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where alerts go, and the token that they carry."""

    url: str
    token_file: Path

    @property
    def token(self) -> str:
        return self.token_file.read_text("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAlert:
    """One alert as Prometheus tells it: pending or firing."""

    name: str
    service: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """The running pair, reached by Prometheus' URL."""

    url: str

    async def alerts(self, session: aiohttp.ClientSession) -> list[ActiveAlert]:
        """All alerts that are pending or firing now."""
        async with session.get(f"{self.url}/api/v1/alerts") as answer:
            found = (await answer.json())["data"]["alerts"]
        return [
            ActiveAlert(
                name=alert["labels"]["alertname"],
                service=alert["labels"].get("service", ""),
                state=alert["state"],
            )
            for alert in found
        ]

    async def warm(self) -> None:
        """Waits until a rate can be told, which takes two scrapes."""
        async with asyncio.timeout(_WARM_WITHIN), aiohttp.ClientSession() as session:
            while not await self._knows(session, _WARM_QUERY):  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.2)

    async def _knows(self, session: aiohttp.ClientSession, query: str) -> bool:
        asked = {"query": query}
        async with session.get(f"{self.url}/api/v1/query", params=asked) as answer:
            return bool((await answer.json())["data"]["result"])


@dataclass(frozen=True, slots=True)
class Pair:
    """Which of the two programs shall be real."""

    prometheus: bool
    alertmanager: bool

    @classmethod
    def chosen(cls, choice: Choice) -> Pair:
        """`auto` takes what is installed; `real` insists, and fails where a part is missing."""
        if choice == "auto":
            return cls(binary(*PROMETHEUS) is not None, binary(*ALERTMANAGER) is not None)
        return cls(choice == "real", choice == "real")

    @property
    def caption(self) -> str:
        """What the viewer must know before believing a number."""
        if self.real:
            return "real Prometheus and Alertmanager"
        parts = {"Prometheus": self.prometheus, "Alertmanager": self.alertmanager}
        missing = " and ".join(name for name, real in parts.items() if not real)
        return f"STAND-IN for {missing}"

    @property
    def real(self) -> bool:
        return self.prometheus and self.alertmanager


@asynccontextmanager
async def monitoring(
    tasks: asyncio.TaskGroup, folder: Path, registry: CollectorRegistry, hook: Webhook, pair: Pair
) -> AsyncIterator[Monitoring]:
    """Both programs, watching the registry and posting to the webhook."""
    async with AsyncExitStack() as stack:
        if pair.alertmanager:
            alerts = alertmanager(folder, alertmanager_config(hook))
        else:
            alerts = stand_in_alertmanager(tasks, hook.url, hook.token)
        alerts_url = await stack.enter_async_context(alerts)
        rules = RULES.read_text("utf-8")
        if pair.prometheus:
            target = await stack.enter_async_context(exporting(registry))
            metrics = prometheus(folder, prometheus_config(target, alerts_url), rules=rules)
        else:
            metrics = stand_in_prometheus(tasks, registry, rules, alerts_url)
        url = await stack.enter_async_context(metrics)
        yield Monitoring(url=url)


def prometheus_config(target: str, alertmanager_url: str) -> str:
    """Scrapes and evaluates each second, so that the story fits into two minutes."""
    alertmanagers = [{"static_configs": [{"targets": [alertmanager_url.removeprefix("http://")]}]}]
    return yaml.safe_dump(
        {
            "global": {
                "scrape_interval": "1s",
                "scrape_timeout": "1s",
                "evaluation_interval": "1s",
            },
            "rule_files": [RULES.name],
            "alerting": {"alertmanagers": alertmanagers},
            "scrape_configs": [{"job_name": "shop", "static_configs": [{"targets": [target]}]}],
        },
        sort_keys=False,
    )


def alertmanager_config(hook: Webhook) -> str:
    """One group per alert, sent at once; what it misses, the ticks see."""
    credentials = {"type": "Bearer", "credentials_file": str(hook.token_file)}
    receiver = {
        "name": "scalebridge",
        "webhook_configs": [{"url": hook.url, "http_config": {"authorization": credentials}}],
    }
    route = {
        "receiver": "scalebridge",
        "group_by": list(GROUP_BY),
        "group_wait": "0s",
        "group_interval": "1s",
        "repeat_interval": "1m",
    }
    return yaml.safe_dump({"route": route, "receivers": [receiver]}, sort_keys=False)
