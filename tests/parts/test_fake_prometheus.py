"""The fake Prometheus shows the faults it is told to."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.parts.fake_prometheus import (
    ANY,
    FakePrometheus,
    error_with_200,
    hanging,
    html,
    samples,
    slow,
    status,
)

RANGE = {"start": "1", "end": "2", "step": "1"}


@pytest.fixture
def server() -> Iterator[FakePrometheus]:
    """A fake without a script."""
    with FakePrometheus() as fake:
        yield fake


def ask(server: FakePrometheus, promql: str, **parameters: str) -> httpx.Response:
    """An instant query, or with `start` a range query."""
    kind = "query_range" if "start" in parameters else "query"
    asked = {"query": promql, **parameters}
    return httpx.get(f"{server.url}/api/v1/{kind}", params=asked, timeout=0.5)


def values(response: httpx.Response) -> list[Any]:
    """The samples of a good answer."""
    result = response.json()["data"]["result"]
    return [one.get("value", one.get("values")) for one in result]


def test_answers_come_in_turn_and_the_last_one_stays(server: FakePrometheus) -> None:
    server.script("q", status(500), html(), error_with_200())
    first, second, third, fourth = (ask(server, "q") for _ in range(4))
    assert first.status_code == 500
    assert (second.status_code, second.headers["Content-Type"][:9]) == (200, "text/html")
    for response in (third, fourth):
        assert (response.status_code, response.json()["status"]) == (200, "error")


@pytest.mark.parametrize("given", [(), (1,), (1.5, math.nan, math.inf, -math.inf, "7")])
def test_any_samples_come_as_the_api_spells_them(
    server: FakePrometheus, given: tuple[float | str, ...]
) -> None:
    server.script("q", samples(*given))
    spelt = ["1.5", "NaN", "+Inf", "-Inf", "7"] if len(given) > 1 else [str(one) for one in given]
    assert values(ask(server, "q", time="9")) == [[9.0, one] for one in spelt]
    assert values(ask(server, "q", **RANGE)) == [[[1.0, one], [2.0, one]] for one in spelt]


def test_queries_have_scripts_of_their_own(server: FakePrometheus) -> None:
    server.script("q", samples(1))
    assert values(ask(server, "other")) == []
    server.script(ANY, samples(2))
    assert values(ask(server, "other", time="0")) == [[0.0, "2"]]
    assert values(ask(server, "q", time="0")) == [[0.0, "1"]]
    assert [(query.kind, query.promql) for query in server.queries] == [
        ("query", "other"),
        ("query", "other"),
        ("query", "q"),
    ]


def test_a_posted_query_is_one_too(server: FakePrometheus) -> None:
    server.script("q", samples(3))
    response = httpx.post(f"{server.url}/api/v1/query", data={"query": "q", "time": "0"})
    assert json.loads(response.text)["data"]["result"][0]["value"] == [0.0, "3"]


def test_an_answer_may_be_late_or_never_come(server: FakePrometheus) -> None:
    server.script("q", slow(0.01, samples(1)), hanging())
    assert len(values(ask(server, "q"))) == 1
    with pytest.raises(httpx.ReadTimeout):
        ask(server, "q")
