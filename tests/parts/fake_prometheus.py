"""Faults that a real Prometheus can't be made to show on demand.

Injects faults into the query API and nothing else: what PromQL means, and everything that works,
is tested against the real one.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aiohttp import web

from tests.parts.threads import Served

ANY: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One reply: samples as the API writes them, or a body of any kind; first, a delay."""

    status: int = 200
    body: str | None = None
    content_type: str = "application/json"
    samples: tuple[str, ...] = ()
    labels: tuple[Mapping[str, str], ...] = ()
    """Of the samples, where they matter."""
    delay: float = 0


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked: `query` or `query_range`, all parameters, and the request's headers."""

    kind: str
    promql: str
    parameters: dict[str, str] = field(hash=False)
    headers: Mapping[str, str] = field(hash=False)


def samples(*values: float | str) -> Answer:
    """As many series as values: none is an empty result, two are one too many."""
    return Answer(samples=tuple(_spelt(value) for value in values))


def labelled(*series: tuple[Mapping[str, str], float]) -> Answer:
    """A series for each of these labels."""
    return replace(samples(*(value for _, value in series)), labels=tuple(one for one, _ in series))


def status(
    code: int, body: str = '{"status":"error","errorType":"internal","error":"x"}'
) -> Answer:
    """An HTTP error."""
    return Answer(status=code, body=body)


def error_with_200(text: str = "query timed out") -> Answer:
    """The API's own error below a status that says all is well."""
    told = {"status": "error", "errorType": "timeout", "error": text}
    return Answer(body=json.dumps(told))


def html() -> Answer:
    """A proxy's login page where JSON is due."""
    return Answer(body="<!DOCTYPE html><title>Sign in</title>", content_type="text/html")


def slow(seconds: float, answer: Answer) -> Answer:
    """The same answer, later."""
    return replace(answer, delay=seconds)


def hanging() -> Answer:
    """No answer for as long as the server lives."""
    return Answer(delay=3600)


class FakePrometheus(Served):
    """Gives scripted answers to queries; a context manager. Unscripted ones get no samples."""

    def __init__(self) -> None:
        self.queries: list[Query] = []
        self._scripts: dict[str, list[Answer]] = {}

    def script(self, promql: str, *answers: Answer) -> None:
        """These answers in turn, the last one for ever; `ANY` stands for all other queries."""
        self._scripts[promql] = list(answers)

    def application(self) -> web.Application:
        """The two query endpoints, and readiness."""
        app = web.Application()
        app.router.add_get("/-/ready", _ready)
        for kind in ("query", "query_range"):
            app.router.add_route("*", f"/api/v1/{kind}", self._answer, name=kind)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        kind = request.path.rsplit("/", 1)[-1]
        form = await request.post() if request.method == "POST" else {}
        asked = {**request.query, **{name: str(value) for name, value in form.items()}}
        promql = asked.get("query", "")
        self.queries.append(Query(kind, promql, asked, request.headers.copy()))
        answer = self._next(promql)
        await asyncio.sleep(answer.delay)
        body = _result(kind, asked, answer) if answer.body is None else answer.body
        return web.Response(status=answer.status, text=body, content_type=answer.content_type)

    def _next(self, promql: str) -> Answer:
        script = self._scripts.get(promql) or self._scripts.get(ANY) or [samples()]
        answer = script.pop(0) if len(script) > 1 else script[0]
        if promql == "time()" and promql not in self._scripts and answer.body is None:
            return replace(answer, samples=(_spelt(time.time()),))  # its clock goes right
        return answer


async def _ready(_: web.Request) -> web.Response:
    return web.Response(text="ready")


def _spelt(value: float | str) -> str:
    if isinstance(value, str) or math.isfinite(value):
        return str(value)
    return "NaN" if math.isnan(value) else f"{'+' if value > 0 else '-'}Inf"


def _result(kind: str, asked: dict[str, str], answer: Answer) -> str:
    values = answer.samples
    if kind == "query":
        at = float(asked.get("time", time.time()))
        series: list[dict[str, Any]] = [{"value": [at, value]} for value in values]
    else:
        start, end, step = (float(asked[name]) for name in ("start", "end", "step"))
        steps = [start + n * step for n in range(int((end - start) / step) + 1)]
        series = [{"values": [[at, value] for at in steps]} for value in values]
    labels = answer.labels or [{"series": str(n)} for n in range(len(values))]
    result = [{"metric": dict(of), **one} for of, one in zip(labels, series, strict=True)]
    kinds = {"query": "vector", "query_range": "matrix"}
    return json.dumps({"status": "success", "data": {"resultType": kinds[kind], "result": result}})
