"""Every fault of Prometheus becomes MetricsUnavailable, in time and with its reason."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from time import perf_counter

import pytest

from bridge.errors import MetricsUnavailable
from bridge.evaluate.prometheus import Prometheus
from bridge.settings.prometheus import PrometheusSettings
from tests.evaluate.faulty import Recording
from tests.parts.fake_prometheus import (
    ANY,
    Answer,
    FakePrometheus,
    error_with_200,
    hanging,
    html,
    samples,
    slow,
    status,
)
from tests.repo.processes import until
from tests.repo.relay import Relay

START, END = datetime(2026, 3, 4, 12, tzinfo=UTC), datetime(2026, 3, 4, 12, 5, tzinfo=UTC)
NOT_THE_API = "not an answer of Prometheus' API"


def client(url: str, patience: float = 5, concurrency: int = 8) -> Prometheus:
    """A client that has patience, unless a test says otherwise."""
    return Prometheus(PrometheusSettings(url=url, timeout=patience, concurrency=concurrency))


async def complaint(url: str, *, ranged: bool = False, patience: float = 5) -> str:
    """Why `q` has no answer."""
    async with client(url, patience) as prometheus:
        series, instant = prometheus.series, prometheus.instant
        with pytest.raises(MetricsUnavailable) as refused:
            await (series("q", START, END, 15) if ranged else instant("q", END))
    return str(refused.value)


async def test_one_sample_is_the_answer(server: FakePrometheus) -> None:
    server.script("q", slow(0.1, samples(7.5)))
    async with client(server.url) as prometheus:
        assert await prometheus.instant("q", END) == 7.5
    assert [(asked.kind, asked.parameters) for asked in server.queries] == [
        ("query", {"query": "q", "time": "1772625900.000"})
    ]


async def test_a_range_is_asked_for_in_steps(server: FakePrometheus) -> None:
    server.script("q", samples(3))
    async with client(server.url) as prometheus:
        series = await prometheus.series("q", START, END, 7.5)
    steps = int((END - START).total_seconds() / 7.5)
    assert series == {START.timestamp() + n * 7.5: 3.0 for n in range(steps + 1)}
    (asked,) = server.queries
    assert asked.kind == "query_range"
    assert {name: float(asked.parameters[name]) for name in ("start", "end", "step")} == {
        "start": START.timestamp(),
        "end": END.timestamp(),
        "step": 7.5,
    }


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(samples(), "expected one sample, got no data", id="empty"),
        pytest.param(samples(1, 2), "expected one sample, got 2 series", id="two samples"),
        pytest.param(samples("NaN"), "expected a finite number, got NaN", id="NaN"),
        pytest.param(
            status(500, "out of memory"), "HTTP Status Code 500 (b'out of memory')", id="500"
        ),
        pytest.param(status(422, "bad"), "HTTP Status Code 422 (b'bad')", id="422"),
        pytest.param(
            status(404, "what?"),
            "HTTP Status Code 404 (b'what?') (no query API there; see prometheus.url)",
            id="a wrong path",
        ),
        pytest.param(
            status(503, "x" * 1000), f"HTTP Status Code 503 (b'{'x' * 276}…", id="a long error"
        ),
        pytest.param(html(), "Expecting value: line 1 column 1 (char 0)", id="HTML"),
        pytest.param(
            status(200, '{"status":'), "Expecting value: line 1 column 11 (char 10)", id="cut off"
        ),
        pytest.param(error_with_200(), NOT_THE_API, id="an error with 200"),
        pytest.param(status(200, "7"), NOT_THE_API, id="a bare number"),
        pytest.param(status(200, "[]"), NOT_THE_API, id="a list"),
        pytest.param(status(200, '{"data":{"result":null}}'), NOT_THE_API, id="null"),
        pytest.param(status(200, "[" * 100_000), NOT_THE_API, id="nested without end"),
    ],
)
async def test_a_fault_is_told_with_its_reason(
    server: FakePrometheus, answer: Answer, reason: str
) -> None:
    server.script(ANY, answer)
    assert await complaint(server.url) == f"'q': {reason}"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(samples(1, 2), "expected one series, got 2", id="two series"),
        pytest.param(status(400, "bad"), "HTTP Status Code 400 (b'bad')", id="400"),
        pytest.param(
            status(200, '{"data":{"result":[{"values":[[1,2,3]]}]}}'), NOT_THE_API, id="triples"
        ),
        pytest.param(
            status(200, '{"data":{"result":[{"values":[["noon","2"]]}]}}'), NOT_THE_API, id="words"
        ),
    ],
)
async def test_a_fault_of_a_range_is_told_with_its_reason(
    server: FakePrometheus, answer: Answer, reason: str
) -> None:
    server.script(ANY, answer)
    assert await complaint(server.url, ranged=True) == f"'q': {reason}"


@pytest.mark.parametrize("ranged", [False, True], ids=["instant", "range"])
@pytest.mark.parametrize("answer", [hanging(), slow(0.5, samples(1))], ids=["hanging", "slow"])
async def test_nobody_is_waited_for_longer_than_agreed(
    server: FakePrometheus, answer: Answer, ranged: bool
) -> None:
    server.script(ANY, answer)
    told = await complaint(server.url, ranged=ranged, patience=0.2)
    assert told == "'q': no answer within 0.2 s"


async def test_a_range_without_data_is_empty(server: FakePrometheus) -> None:
    server.script("q", samples(), samples("NaN"))
    async with client(server.url) as prometheus:
        assert await prometheus.series("q", START, END, 15) == {}
        assert await prometheus.series("q", START, END, 15) == {}


async def test_nobody_at_the_port_is_told_at_once() -> None:
    nobody = "http://127.0.0.1:1"
    before = perf_counter()
    assert await complaint(nobody) == f"'q': can't connect to {nobody}"
    assert perf_counter() - before < 3


async def test_a_fault_is_not_asked_again(server: FakePrometheus) -> None:
    server.script("q", status(503))
    await complaint(server.url)
    assert len(server.queries) == 1


async def test_a_body_that_drips_is_cut_off() -> None:
    with Recording(drips=True) as server:
        before = perf_counter()
        assert await complaint(server.url, patience=0.2) == "'q': no answer within 0.2 s"
        assert perf_counter() - before < 3


async def test_after_bodies_that_drip_all_threads_are_free_again() -> None:
    with Recording(drips=True) as server, Recording() as good, Relay(server.address) as relay:
        good.script("q", samples(7))
        async with client(f"http://{relay.address}", 0.2, concurrency=2) as prometheus:
            for _ in range(3):
                with pytest.raises(MetricsUnavailable):
                    await prometheus.instant("q", END)
            relay.lead_to(good.address)
            assert await prometheus.instant("q", END) == 7


async def test_the_end_waits_for_no_body_that_drips() -> None:
    with Recording(drips=True) as server:
        prometheus = client(server.url, patience=60)
        asked = asyncio.create_task(prometheus.instant("q", END))
        await asyncio.to_thread(until, lambda: server.authorizations)
        await prometheus.__aexit__()
        with pytest.raises(MetricsUnavailable):
            async with asyncio.timeout(5):
                await asked


async def test_only_so_many_are_asked_at_once() -> None:
    with Recording() as server:
        server.script(ANY, slow(0.05, samples(1)))
        async with client(server.url, concurrency=2) as prometheus:
            answers = await asyncio.gather(*(prometheus.instant(f"q{n}", END) for n in range(8)))
        assert (answers, server.most_at_once) == ([1.0] * 8, 2)


def warned(*warnings: str) -> Answer:
    """A value, and what Thanos or Mimir say beside it."""
    data = {"resultType": "vector", "result": [{"metric": {}, "value": [1, "7.5"]}]}
    return Answer(body=json.dumps({"status": "success", "data": data, "warnings": warnings}))


@pytest.mark.parametrize("ranged", [False, True])
async def test_a_partial_answer_is_no_answer(server: FakePrometheus, *, ranged: bool) -> None:
    server.script("q", warned("fetch series for {} StoreEndpoint: connection refused"))
    told = await complaint(server.url, ranged=ranged)
    assert told == (
        "'q': the answer may be partial: fetch series for {} StoreEndpoint: connection refused"
    )


async def test_an_answer_that_calls_itself_partial_is_none(server: FakePrometheus) -> None:
    data = {"resultType": "vector", "result": [{"metric": {}, "value": [1, "7.5"]}]}
    document = {"status": "success", "isPartial": True, "data": data}
    server.script("q", Answer(body=json.dumps(document)))
    assert await complaint(server.url) == "'q': the answer may be partial: isPartial"


async def test_advice_is_no_doubt(server: FakePrometheus) -> None:
    server.script("q", warned("PromQL info: metric might not be a counter"))
    async with client(server.url) as prometheus:
        assert await prometheus.instant("q", END) == 7.5


async def test_tenants_and_parameters_go_along(server: FakePrometheus) -> None:
    settings = PrometheusSettings(
        url=server.url,
        headers={"X-Scope-OrgID": "shop|billing"},
        parameters={"dedup": "true", "partial_response": "false"},
    )
    server.script("q", samples(7.5))
    async with Prometheus(settings) as prometheus:
        await prometheus.instant("q", END)
        await prometheus.series("q", START, END, 15)
    for asked in server.queries:
        assert asked.parameters["dedup"] == "true"
        assert asked.parameters["partial_response"] == "false"
        assert asked.headers["X-Scope-OrgID"] == "shop|billing"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "x"),
        ("Host", "x"),
        ("Cookie", "x"),
        ("X A", "x"),
        ("X-A", "a\r\nB: c"),
        ("", "x"),
    ],
)
def test_headers_that_are_no_plain_ones_are_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="headers"):
        PrometheusSettings(url="http://x", headers={name: value})
