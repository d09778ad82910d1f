"""The made-up past is there: every sample at its time, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bridge.demo.servers import PROMETHEUS, PartFailed
from tests.parts.backfill import PROMTOOL, Backfilled, Series, backfill, every, firing, ready
from tests.parts.gate import needs

START = datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
HOUR = [float(n % 7) for n in range(240)]
PAST = (
    Series("load", every(15, START, HOUR), {"app": 'a "quoted" \\ name\nof two lines'}),
    Series("load", every(15, START, [1, None, None, math.nan, math.inf]), {"app": "odd"}),
    ready("Deployment", "shop", "checkout", every(60, START, [3.0, 4.0])),
    firing("Overloaded", START, START + timedelta(minutes=2), severity="page"),
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for this module."""
    needs(PROMETHEUS, PROMTOOL)
    with Backfilled(tmp_path_factory.mktemp("past"), PAST, lookback="20s") as prometheus:
        yield prometheus.url


def test_an_hour_across_two_blocks_comes_back_sample_by_sample(url: str) -> None:
    reply = _get(url, "query_range", query='load{app!="odd"}', start=_at(0), end=_at(3585), step=15)
    (series,) = reply
    assert series["metric"]["app"] == 'a "quoted" \\ name\nof two lines'
    assert [float(text) for _, text in series["values"]] == HOUR


@pytest.mark.parametrize(("second", "values"), [(-1, []), (0, ["1"]), (30, []), (45, ["NaN"])])
def test_a_gap_is_a_gap_and_nan_is_nan(url: str, second: int, values: list[str]) -> None:
    reply = _get(url, "query", query='load{app="odd"}', time=_at(second))
    assert [one["value"][1] for one in reply] == values


def test_ready_replicas_and_alerts_have_the_labels_of_their_exporters(url: str) -> None:
    live = 'kube_deployment_status_replicas_ready{namespace="shop",deployment="checkout"}'
    alert = 'ALERTS{alertname="Overloaded",alertstate="firing",severity="page"}'
    assert [one["value"][1] for one in _get(url, "query", query=live, time=_at(60))] == ["4"]
    assert [one["value"][1] for one in _get(url, "query", query=alert, time=_at(105))] == ["1"]
    assert _get(url, "query", query=alert, time=_at(130)) == []


def test_what_promtool_refuses_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    needs(PROMTOOL)
    with pytest.raises(PartFailed, match=r"^promtool: ."):
        backfill(tmp_path_factory.mktemp("broken"), [Series("no name", {0.0: 1.0})])


def _at(second: int) -> float:
    return START.timestamp() + second


def _get(url: str, kind: str, **params: Any) -> list[dict[str, Any]]:
    reply = httpx.get(f"{url}/api/v1/{kind}", params=params)
    found: list[dict[str, Any]] = reply.raise_for_status().json()["data"]["result"]
    return found
