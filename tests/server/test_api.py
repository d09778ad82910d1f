"""The API: every real answer is what its own description says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema
import pytest
from structlog.testing import capture_logs

from bridge.errors import PushRejected, RemoteRefused
from bridge.server.acting import Whose
from tests.server.given import STARTED, serving
from tests.server.shown import shown, troubled

SHA = "5" * 40


class Recorder:
    """Acts on nothing, and remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.error: Exception | None = None

    async def release(self, whose: Whose) -> str | None:
        """A commit."""
        self._note("release", whose)
        return SHA

    async def pause(self, whose: Whose, until: datetime) -> str | None:
        """A commit."""
        self._note("pause", whose, until)
        return SHA

    async def evaluate(self, whose: Whose) -> None:
        """No commit."""
        self._note("evaluate", whose)

    def _note(self, *asked: Any) -> None:
        self.asked.append(asked)
        if self.error:
            raise self.error


@pytest.fixture
def recorder() -> Recorder:
    """Nothing was asked for yet."""
    return Recorder()


@pytest.fixture
async def http(recorder: Recorder) -> AsyncIterator[httpx.AsyncClient]:
    """A bad day, on loopback without a token."""
    async with serving(status=troubled(STARTED), actions=recorder) as client:
        yield client


async def key_of(http: httpx.AsyncClient, name: str) -> str:
    found = (await http.get("/api/v1/targets", params={"q": name})).json()["targets"]
    assert len(found) == 1
    return str(found[0]["id"])


def validated(document: dict[str, Any], path: str, answer: httpx.Response, method: str) -> Any:
    """The answer, after a look at what the description says of its status."""
    responses = document["paths"][path][method]["responses"]
    content = responses[str(answer.status_code)]["content"]["application/json"]
    schema = {**content["schema"], "components": document["components"]}
    body = answer.json()
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(
        body
    )
    return body


async def test_every_answer_is_as_described(http: httpx.AsyncClient) -> None:
    document = (await http.get("/api/v1/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    key = await key_of(http, "renderer-0006")
    seen = set()
    for path, operations in document["paths"].items():
        for method in operations:
            asked = path.replace("{id}", key)
            if method == "get":
                answer = await http.get(asked)
            else:
                order = {"until": "2h"} if path.endswith("/pause") else {}
                answer = await http.post(asked, json=order)
            assert answer.status_code == 200, (path, answer.text)
            assert validated(document, path, answer, method)
            seen.add((method, path))
    assert len(seen) == 11


async def test_every_refusal_is_as_described(http: httpx.AsyncClient, recorder: Recorder) -> None:
    document = (await http.get("/api/v1/openapi.json")).json()
    key = await key_of(http, "renderer-0006")
    one, pause = "/api/v1/targets/{id}", "/api/v1/targets/{id}/pause"
    far = {"until": "25h"}
    elsewhere = {"Origin": "https://evil.example.org"}
    asked = [
        (404, one, "get", await http.get("/api/v1/targets/00")),
        (400, "/api/v1/targets", "get", await http.get("/api/v1/targets?page=0")),
        (404, pause, "post", await http.post("/api/v1/targets/00/pause", json={"until": "1h"})),
        (400, pause, "post", await http.post(f"/api/v1/targets/{key}/pause", json=far)),
        (400, pause, "post", await http.post(f"/api/v1/targets/{key}/pause", json={})),
        (400, pause, "post", await http.post(f"/api/v1/targets/{key}/pause", json={"x": 1})),
        (415, pause, "post", await http.post(f"/api/v1/targets/{key}/pause", data={"until": "1h"})),
        (
            403,
            pause,
            "post",
            await http.post(
                f"/api/v1/targets/{key}/pause", json={"until": "1h"}, headers=elsewhere
            ),
        ),
    ]
    for status, path, method, answer in asked:
        assert answer.status_code == status, answer.text
        assert validated(document, path, answer, method)["error"]
    assert recorder.asked == []


async def test_an_order_reaches_who_carries_it_out(
    http: httpx.AsyncClient, recorder: Recorder
) -> None:
    key = await key_of(http, "worker-0002")
    asked = f"/api/v1/targets/{key}/pause"
    order = {"until": "2026-03-04T13:30:00Z", "reason": "Load\ntest"}
    done = (await http.post(asked, json=order, auth=("kim", "unused"))).json()
    target = "Deployment/billing/worker-0002"
    assert done == {
        "action": "pause",
        "target": target,
        "said": "paused until 2026-03-04 13:30 UTC",
        "commit": SHA,
        "url": f"https://github.com/example/state/commit/{SHA}",
    }
    whose = Whose(repo="", target=target, policy="worker-0002", by="kim", reason="Load test")
    assert recorder.asked == [("pause", whose, datetime.fromisoformat("2026-03-04T13:30Z"))]


async def test_an_error_is_told_as_one_that_passes_or_not(
    http: httpx.AsyncClient, recorder: Recorder
) -> None:
    key = await key_of(http, "worker-0002")
    statuses = []
    with capture_logs() as logged:
        for error in (PushRejected("rivals kept winning"), RemoteRefused("frozen"), TimeoutError()):
            recorder.error = error
            answer = await http.post(f"/api/v1/targets/{key}/release", json={})
            statuses.append((answer.status_code, answer.json()["error"]))
    failed = [one["error"] for one in logged if one["event"] == "order_failed"]
    assert failed == [error for _, error in statuses]
    assert statuses == [
        (503, "rivals kept winning"),
        (409, "frozen"),
        (503, "not done in time: look at the last commits, then try again"),
    ]


async def test_ends_and_confirmations_are_told(http: httpx.AsyncClient) -> None:
    [ends] = (await http.get("/api/v1/credentials")).json()["credentials"]
    assert ends == {"credential": "tls", "repo": "", "ends": ends["ends"], "renewed": False}
    assert datetime.fromisoformat(ends["ends"]) == STARTED + timedelta(days=2, minutes=1)
    argocd, ready = (await http.get("/api/v1/confirmations")).json()["confirmations"]
    assert (argocd["source"], argocd["state"]) == ("argocd", "underway")
    assert argocd["stuck"] == "bbbbbbbbbbbb: not live after 600 s: OutOfSync"
    assert argocd["url"] == f"https://github.com/example/state/commit/{'b' * 40}"
    assert (ready["source"], ready["state"], ready["seconds"]) == ("ready", "live", 42)
    assert ready["stuck"] == ""


async def test_pages_of_targets_are_cut_on_the_server() -> None:
    async with serving(status=shown(300, STARTED)) as http:
        first = (await http.get("/api/v1/targets?sort=target&size=100")).json()
        last = (await http.get("/api/v1/targets?sort=target&size=100&page=3")).json()
        found = (await http.get(f"/api/v1/targets?q={quote('shop web')}&state=steady")).json()
    assert (first["total"], first["pages"], len(first["targets"])) == (300, 3, 100)
    names = [one["target"] for one in (*first["targets"], *last["targets"])]
    assert names == sorted(names)
    assert found["matching"] == len(found["targets"]) == 8
    assert sum(first["states"].values()) == 300


async def test_the_chart_and_the_sources_are_told(http: httpx.AsyncClient) -> None:
    key = await key_of(http, "renderer-0006")
    detail = (await http.get(f"/api/v1/targets/{key}")).json()
    sources = (await http.get("/api/v1/sources")).json()["sources"]
    assert len(detail["chart"]) > 30
    assert detail["chart"][-1]["live"] == detail["target"]["live"] == 5
    assert detail["metrics"] == [{"name": "requests", "value": 873.0, "error": ""}]
    text = "requests 873/s at 100/s per replica asks for 9"
    assert detail["steps"] == [{"text": text, "field": "spec.metrics.0"}]
    assert detail["commits"][0]["targets"] == [detail["target"]["target"]]
    health = {one["kind"]: one["health"] for one in sources}
    assert health == {
        "prometheus": "failing",
        "alertmanager": "ok",
        "state repo": "failing",
        "reconciler": "ok",
    }
