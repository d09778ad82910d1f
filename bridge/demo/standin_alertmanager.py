"""A stand-in for Alertmanager: takes Prometheus' alerts, posts each change as a webhook (v4)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import aiohttp
from aiohttp import web

from bridge.demo.exporter import serving

GROUP_BY: Final = ("alertname", "service")

_NOT_ENDED: Final = "0001-01-01T00:00:00Z"
_RETRY_SECONDS: Final = 1.0
_ATTEMPTS: Final = 5

Alert = dict[str, Any]


@dataclass(slots=True)
class StandIn:
    """Remembers which alerts fire, and queues what changed."""

    webhook: str
    token: str
    firing: dict[str, Alert] = field(default_factory=dict)
    news: asyncio.Queue[Alert] = field(default_factory=asyncio.Queue)

    async def receive(self, request: web.Request) -> web.Response:
        """`POST /api/v2/alerts`, what Prometheus sends again and again while an alert fires."""
        for alert in await request.json():
            fingerprint = _fingerprint(alert["labels"])
            ended = datetime.fromisoformat(alert["endsAt"]).timestamp() <= time.time()
            known = self.firing.pop(fingerprint, None)
            if not ended:
                self.firing[fingerprint] = alert
            if ended is bool(known):
                self.news.put_nowait(webhook_alert(alert, resolved=ended))
        return web.json_response({})

    async def notify(self) -> None:
        """Posts the news, one group per alert, until it is cancelled."""
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": "stand-in"}
        async with aiohttp.ClientSession(headers=headers) as session:
            while True:
                await self._post(session, webhook_body(await self.news.get()))

    async def _post(self, session: aiohttp.ClientSession, body: dict[str, Any]) -> None:
        """As Alertmanager does, a server's failure is retried and a refusal is not."""
        for _ in range(_ATTEMPTS):
            try:
                async with session.post(self.webhook, json=body) as answer:
                    if answer.status < 500:
                        return
            except aiohttp.ClientError:
                pass  # not up yet: as a 503
            await asyncio.sleep(_RETRY_SECONDS)


@asynccontextmanager
async def stand_in_alertmanager(
    tasks: asyncio.TaskGroup, webhook: str, token: str
) -> AsyncIterator[str]:
    """Runs the stand-in on loopback, its posting in `tasks`; yields its base URL."""
    stand_in = StandIn(webhook, token)
    application = web.Application()
    application.router.add_post("/api/v2/alerts", stand_in.receive)
    async with serving(application) as address:
        notifying = tasks.create_task(stand_in.notify())
        try:
            yield f"http://{address}"
        finally:
            notifying.cancel()


def webhook_alert(alert: Alert, *, resolved: bool) -> Alert:
    """One alert of a webhook body."""
    return {
        "status": "resolved" if resolved else "firing",
        "labels": alert["labels"],
        "annotations": alert.get("annotations", {}),
        "startsAt": alert["startsAt"],
        "endsAt": alert["endsAt"] if resolved else _NOT_ENDED,
        "generatorURL": alert.get("generatorURL", ""),
        "fingerprint": _fingerprint(alert["labels"]),
    }


def webhook_body(alert: Alert) -> dict[str, Any]:
    """Alertmanager's payload, version 4, of a group with this one alert."""
    group = {name: alert["labels"][name] for name in GROUP_BY if name in alert["labels"]}
    shown = ", ".join(f'{name}="{value}"' for name, value in group.items())
    return {
        "version": "4",
        "groupKey": f"{{}}:{{{shown}}}",
        "truncatedAlerts": 0,
        "status": alert["status"],
        "receiver": "scalebridge",
        "groupLabels": group,
        "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"],
        "externalURL": "",
        "alerts": [alert],
    }


def _fingerprint(labels: dict[str, str]) -> str:
    pairs: Iterable[tuple[str, str]] = sorted(labels.items())
    return sha256(repr(list(pairs)).encode()).hexdigest()[:16]
