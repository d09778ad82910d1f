"""A stand-in for Prometheus: records the simulator's series, answers queries, evaluates rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import yaml
from aiohttp import web
from prometheus_client import CollectorRegistry

from bridge.demo.exporter import serving
from bridge.demo.promql import Labels, QueryUnknown, Recording, Scrape, evaluate

_SCRAPE_SECONDS: Final = 1.0
_MAX_POINTS: Final = 11_000
_TARGET: Final = (("instance", "simulator"), ("job", "shop"))


@dataclass(slots=True)
class _Alert:
    labels: dict[str, str]
    since: float
    fired: float | None = None

    @property
    def state(self) -> str:
        return "pending" if self.fired is None else "firing"

    def as_json(self) -> dict[str, Any]:
        return {"labels": self.labels, "state": self.state, "activeAt": _rfc3339(self.since)}


@dataclass(slots=True)
class StandIn:
    """Everything it knows: scrapes of a registry, and the alerts of one rules file."""

    registry: CollectorRegistry
    rules: str
    alertmanager: str
    recording: Recording = field(default_factory=Recording)
    alerts: dict[Labels, _Alert] = field(default_factory=dict)

    async def run(self) -> None:
        """Scrapes and evaluates once a second, until it is cancelled."""
        async with aiohttp.ClientSession() as session:
            while True:
                now = time.time()
                self.recording.add(now, scrape(self.registry))
                await self._send(session, self._evaluate_rules(now), ends_at=now)
                firing = [alert for alert in self.alerts.values() if alert.state == "firing"]
                await self._send(session, firing, ends_at=now + 4 * _SCRAPE_SECONDS)
                await asyncio.sleep(_SCRAPE_SECONDS)

    def _evaluate_rules(self, now: float) -> list[_Alert]:
        """Moves every alert on; returns those that fired and do so no more."""
        seen: set[Labels] = set()
        for group in yaml.safe_load(self.rules)["groups"]:
            for rule in group["rules"]:
                wait = float(str(rule.get("for", "0s")).removesuffix("s"))
                for labels in evaluate(rule["expr"], self.recording, now):
                    seen.add(self._note(rule, labels, now, wait))
        gone = [self.alerts.pop(key) for key in set(self.alerts) - seen]
        return [alert for alert in gone if alert.state == "firing"]

    def _note(self, rule: dict[str, Any], labels: Labels, now: float, wait: float) -> Labels:
        given = {name: value for name, value in labels if name != "__name__"}
        full = {**given, **rule.get("labels", {}), "alertname": rule["alert"]}
        key = tuple(sorted(full.items()))
        alert = self.alerts.setdefault(key, _Alert(full, now))
        if alert.fired is None and now - alert.since >= wait:
            alert.fired = now
        return key

    async def _send(
        self, session: aiohttp.ClientSession, alerts: list[_Alert], ends_at: float
    ) -> None:
        body = [
            {
                "labels": alert.labels,
                "annotations": {},
                "startsAt": _rfc3339(alert.fired or alert.since),
                "endsAt": _rfc3339(ends_at),
            }
            for alert in alerts
        ]
        if body:
            async with session.post(f"{self.alertmanager}/api/v2/alerts", json=body) as answer:
                answer.raise_for_status()

    async def query(self, request: web.Request) -> web.Response:
        """`/api/v1/query`: an instant vector, as Prometheus words it."""
        asked = await _parameters(request)
        at = float(asked.get("time") or time.time())
        samples = evaluate(asked.get("query", ""), self.recording, at)
        result = [
            {"metric": dict(labels), "value": [at, _shown(value)]}
            for labels, value in samples.items()
        ]
        return _success({"resultType": "vector", "result": result})

    async def query_range(self, request: web.Request) -> web.Response:
        """`/api/v1/query_range`: a matrix."""
        asked = await _parameters(request)
        start, end = float(asked["start"]), float(asked["end"])
        step = float(asked["step"].removesuffix("s"))
        if step <= 0 or (end - start) / step > _MAX_POINTS:
            raise QueryUnknown("the step does not fit the range")
        series: dict[Labels, list[list[float | str]]] = {}
        for place in range(int((end - start) / step) + 1):
            at = start + place * step
            for labels, value in evaluate(asked["query"], self.recording, at).items():
                series.setdefault(labels, []).append([at, _shown(value)])
        result = [{"metric": dict(labels), "values": points} for labels, points in series.items()]
        return _success({"resultType": "matrix", "result": result})

    async def alerts_now(self, _: web.Request) -> web.Response:
        """`/api/v1/alerts`: pending and firing alerts."""
        return _success({"alerts": [alert.as_json() for alert in self.alerts.values()]})


@asynccontextmanager
async def stand_in_prometheus(
    tasks: asyncio.TaskGroup, registry: CollectorRegistry, rules: str, alertmanager: str
) -> AsyncIterator[str]:
    """Runs the stand-in on loopback, its clock in `tasks`; yields its base URL."""
    stand_in = StandIn(registry, rules, alertmanager)
    application = web.Application(middlewares=[_errors])
    for path, answer in (("query", stand_in.query), ("query_range", stand_in.query_range)):
        application.router.add_get(f"/api/v1/{path}", answer)
        application.router.add_post(f"/api/v1/{path}", answer)
    application.router.add_get("/api/v1/alerts", stand_in.alerts_now)
    for path in ("/", "/-/ready", "/-/healthy"):
        application.router.add_get(path, _ready)
    async with serving(application) as address:
        scraping = tasks.create_task(stand_in.run())
        try:
            yield f"http://{address}"
        finally:
            scraping.cancel()


def scrape(registry: CollectorRegistry) -> Scrape:
    """Every sample of a registry, with the labels that a scrape adds."""
    return {
        tuple(sorted((("__name__", sample.name), *sample.labels.items(), *_TARGET))): sample.value
        for family in registry.collect()
        for sample in family.samples
    }


@web.middleware
async def _errors(
    request: web.Request, handler: Callable[[web.Request], Any]
) -> web.StreamResponse:
    """A bad query is answered with 400 and Prometheus' own error body."""
    try:
        answer: web.StreamResponse = await handler(request)
    except (QueryUnknown, KeyError, ValueError) as error:
        body = {"status": "error", "errorType": "bad_data", "error": str(error)}
        return web.json_response(body, status=400)
    return answer


async def _parameters(request: web.Request) -> dict[str, str]:
    form = await request.post() if request.method == "POST" else {}
    return {**request.query, **{name: str(value) for name, value in form.items()}}


async def _ready(_: web.Request) -> web.Response:
    return web.Response(text="This is a stand-in for Prometheus.\n")


def _success(data: dict[str, Any]) -> web.Response:
    return web.json_response({"status": "success", "data": data})


def _shown(value: float) -> str:
    """A number as Go writes it: 3, not 3.0."""
    return repr(value).removesuffix(".0")


def _rfc3339(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
