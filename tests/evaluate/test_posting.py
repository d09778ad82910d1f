"""Long queries go by POST, short ones by GET, and all of them where a proxy allows no POST."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from urllib3 import HTTPResponse

from bridge.demo.servers import PROMETHEUS
from bridge.errors import MetricsUnavailable
from bridge.evaluate.prometheus import Prometheus
from bridge.settings.prometheus import PrometheusSettings
from tests.parts.backfill import PROMTOOL, Backfilled, Series, every
from tests.parts.fake_prometheus import ANY, Answer, FakePrometheus, samples, status
from tests.parts.gate import needs

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
LONG = 'sum(load{job=~"' + "|".join(f"wéb&+%2B {n}" for n in range(700)) + '|web"})'
MIDDLING = f"{'1+' * 1_500}1"


class Proxied(FakePrometheus):
    """Notes how each query came; a proxy before it may allow no POST."""

    def __init__(self) -> None:
        super().__init__()
        self.ways: list[tuple[str, list[str]]] = []
        self.to_a_post = 200
        self.packs = False

    def application(self) -> web.Application:
        """The fake's, watched."""
        app = super().application()

        @web.middleware
        async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.ways.append((request.method, sorted(request.query)))
            if request.method == "POST" and self.to_a_post != 200:
                where = {"Location": str(request.rel_url)}
                return web.Response(status=self.to_a_post, headers=where)
            answer = await handler(request)
            if self.packs:
                answer.enable_compression()
            return answer

        app.middlewares.append(watched)
        return app


@pytest.fixture
def server() -> Iterator[Proxied]:
    """Refuses a request line of more than 8,190 bytes, as proxies do."""
    with Proxied() as proxied:
        proxied.script(ANY, samples(7))
        yield proxied


def client(url: str) -> Prometheus:
    """With a parameter that a proxy may look for in the URL, and a header."""
    return Prometheus(
        PrometheusSettings(url=url, parameters={"dedup": "true"}, headers={"X-Scope-OrgID": "shop"})
    )


async def test_a_short_query_goes_by_get(server: Proxied) -> None:
    async with client(server.url) as prometheus:
        await prometheus.instant("up", NOON)
    assert server.ways == [("GET", ["dedup", "query", "time"])]


async def test_a_long_query_goes_by_post(server: Proxied) -> None:
    async with client(server.url) as prometheus:
        assert await prometheus.instant(LONG, NOON) == 7
        await prometheus.series(LONG, NOON, NOON + timedelta(minutes=1), 15)
    assert server.ways == [
        ("POST", ["dedup", "time"]),
        ("POST", ["dedup", "end", "start", "step"]),
    ]
    assert {asked.promql for asked in server.queries} == {LONG}
    assert {asked.parameters["dedup"] for asked in server.queries} == {"true"}
    assert {asked.headers["X-Scope-OrgID"] for asked in server.queries} == {"shop"}


@pytest.mark.parametrize("code", [301, 307, 403, 405, 501])
async def test_where_no_post_is_allowed_it_goes_by_get(server: Proxied, code: int) -> None:
    server.to_a_post = code
    async with client(server.url) as prometheus:
        assert await prometheus.instant(MIDDLING, NOON) == 7
    assert [method for method, _ in server.ways] == ["POST", "GET"]


async def test_what_prometheus_says_of_a_long_query_is_told(server: Proxied) -> None:
    server.script(ANY, status(400, '{"error": "parse error"}'))
    async with client(server.url) as prometheus:
        with pytest.raises(MetricsUnavailable, match="HTTP Status Code 400: parse error"):
            await prometheus.instant(MIDDLING, NOON)
    assert [method for method, _ in server.ways] == ["POST"]


async def test_a_real_prometheus_answers_a_long_query(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    needs(PROMETHEUS, PROMTOOL)
    past = Series("load", every(15, NOON - timedelta(minutes=2), [7.0] * 9), {"job": "wéb&+%2B 9"})
    with Backfilled(tmp_path_factory.mktemp("past"), (past,), lookback="20s") as real:
        async with client(real.url) as prometheus:
            assert await prometheus.instant(LONG.replace("+%2B", "[+]%2B"), NOON) == 7
            window = NOON - timedelta(minutes=1), NOON
            found = await prometheus.series(LONG.replace("+%2B", "[+]%2B"), *window, 15)
    assert set(found.values()) == {7.0}


@pytest.mark.parametrize("query", ["up", MIDDLING])
@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_without_end_is_refused(server: Proxied, query: str, packed: bool) -> None:
    server.script(ANY, Answer(body=" " * 70_000_000), samples(7))
    server.packs = packed
    async with client(server.url) as prometheus:
        with pytest.raises(MetricsUnavailable, match="': an answer of over 64,000,000 bytes"):
            await prometheus.instant(query, NOON)
        assert await prometheus.instant(query, NOON) == 7


@pytest.mark.usefixtures("no_collector")
async def test_of_an_answer_nothing_is_left_for_the_collector(server: Proxied) -> None:
    server.script(ANY, samples(7))
    async with client(server.url) as prometheus:
        for _ in range(3):
            assert await prometheus.instant("up", NOON) == 7
    assert [one for one in gc.get_objects() if isinstance(one, HTTPResponse)] == []
