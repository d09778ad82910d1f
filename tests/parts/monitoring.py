"""A real Prometheus with an Alertmanager and an exporter, quick, and shared by tests.

Shared because Prometheus looks for its first targets only five seconds after it started.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from bridge.demo import servers
from tests.parts.exporter import Exporter
from tests.parts.http_client import client
from tests.parts.threads import Context, LoopThread

INTERVAL: Final = "200ms"
_POLL: Final = 0.05
_OF_TESTS: Final = '{__name__!="", __name__!~"up|scrape_.*"}'


class Monitoring(Context):
    """Scrapes `exporter`, fires alerts (name: expression), posts to a webhook; a context manager.

    Its methods block: an async test calls those that wait in a thread.
    """

    prometheus: str
    alertmanager: str

    def __init__(self, folder: Path, alerts: Mapping[str, str]) -> None:
        self.exporter = Exporter()
        self._folder = folder
        self._rules = alert_rules(alerts)
        self._routes = 0

    def _enter(self, stack: ExitStack) -> None:
        stack.enter_context(self.exporter)
        thread = stack.enter_context(LoopThread())
        running = thread.run(self._start(), within=45)
        stack.callback(lambda: thread.run(running.aclose(), within=20))
        self.until("up", "1")

    async def _start(self) -> AsyncExitStack:
        async with AsyncExitStack() as stack:
            alerting = servers.alertmanager(self._folder, alertmanager_config(None))
            self.alertmanager = await stack.enter_async_context(alerting)
            config = prometheus_config([self.exporter.address], self.alertmanager)
            metrics = servers.prometheus(self._folder, config, rules=self._rules)
            self.prometheus = await stack.enter_async_context(metrics)
            return stack.pop_all()

    def route_to(self, webhook: str | None, token: str | None = None) -> None:
        """Alerts go to this webhook from now on, with this bearer token; None: nowhere."""
        self._routes += 1  # a new name: Alertmanager remembers by name whom it told what
        text = alertmanager_config(webhook, token, receiver=f"bridge-{self._routes}")
        (self._folder / "alertmanager.yml").write_text(text, encoding="utf-8")
        client().post(f"{self.alertmanager}/-/reload").raise_for_status()

    def values(self, promql: str) -> list[str]:
        """The samples that Prometheus has for this query now."""
        reply = client().get(f"{self.prometheus}/api/v1/query", params={"query": promql})
        return [one["value"][1] for one in reply.raise_for_status().json()["data"]["result"]]

    def until(self, promql: str, *expected: str, within: float = 10) -> None:
        """Wait for exactly these samples."""
        deadline = time.monotonic() + within
        while (values := self.values(promql)) != list(expected):
            if time.monotonic() > deadline:
                pytest.fail(f"{promql} is {values} and not {list(expected)} after {within} s")
            time.sleep(_POLL)

    def reset(self) -> None:
        """No series, no alert firing, nobody told."""
        self.route_to(None)
        self.exporter.clear()
        self.until(f"count({_OF_TESTS})")


def prometheus_config(scrape: Sequence[str], alertmanager: str | None = None) -> str:
    """Scrapes these `host:port` addresses, and sends alerts to this base URL."""
    told: dict[str, Any] = {
        "global": {
            "scrape_interval": INTERVAL,
            "scrape_timeout": INTERVAL,
            "evaluation_interval": INTERVAL,
        },
        "scrape_configs": [{"job_name": "test", "static_configs": [{"targets": list(scrape)}]}],
        "rule_files": ["rules.yml"],
    }
    if alertmanager is not None:
        targets = [alertmanager.removeprefix("http://")]
        told["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": targets}]}]}
    return json.dumps(told)


def alert_rules(alerts: Mapping[str, str]) -> str:
    """An alert for each `name: expression`, firing as soon as it is true."""
    rules = [{"alert": name, "expr": promql} for name, promql in alerts.items()]
    return json.dumps({"groups": [{"name": "test", "interval": INTERVAL, "rules": rules}]})


def alertmanager_config(
    webhook: str | None, token: str | None = None, *, receiver: str = "bridge"
) -> str:
    """Every alert goes to this webhook at once, with this bearer token; None: nowhere."""
    hook: dict[str, Any] = {"url": webhook, "send_resolved": True}
    if token is not None:
        hook["http_config"] = {"authorization": {"type": "Bearer", "credentials": token}}
    route = {
        "receiver": receiver,
        "group_by": ["..."],
        "group_wait": "0s",
        "group_interval": INTERVAL,
        "repeat_interval": "1h",
    }
    hooks = [] if webhook is None else [hook]
    return json.dumps({"route": route, "receivers": [{"name": receiver, "webhook_configs": hooks}]})
