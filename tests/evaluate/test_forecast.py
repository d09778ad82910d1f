"""Forecasts by a real Prometheus: what it would have said then, whenever it is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.backtest.foresight import Foresight
from bridge.demo.servers import PROMETHEUS
from bridge.evaluate.asking import Asking
from bridge.evaluate.forecast import questions
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.reading import Ahead, Reading
from bridge.policy.members import members_of
from bridge.policy.model import ScalingPolicy
from bridge.settings.prometheus import PrometheusSettings
from tests.parts.backfill import PROMTOOL, Backfilled, Series, every
from tests.parts.gate import needs
from tests.policy.given import metric, policy
from tests.policy.test_members import fleet, index, manifest

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
LINEAR = {"type": "linear", "window": "5m", "horizon": "30s"}
DAILY = {"type": "seasonal", "period": "1d", "periods": 3, "horizon": "120s"}


def around(day: int, rise: float, level: float) -> dict[float, float]:
    """Ten minutes before that noon and ten after, growing by `rise` a minute; `level` at noon."""
    start = NOON - timedelta(days=day, minutes=10)
    return every(15, start, [level + rise * (n / 4 - 10) for n in range(81)])


def until_noon(samples: dict[float, float]) -> dict[float, float]:
    """The day that is not over."""
    return {at: value for at, value in samples.items() if at <= NOON.timestamp()}


ROUGH = {at: 500 + at * 7919 % 97 for at in until_noon(around(0, 0, 0))}
PAST = (
    Series("rough", ROUGH),
    Series("up_hill", until_noon(around(0, 60, 1000))),
    Series("alike", {**until_noon(around(0, 10, 500)), **around(1, 50, 900), **around(2, 70, 1)}),
    Series("new", until_noon(around(0, 10, 500))),
    Series("alone", {NOON.timestamp(): 5.0}),
    Series(
        "load",
        {**until_noon(around(0, 60, 1000)), **around(1, 50, 900)},
        {"deployment": "web", "namespace": "shop"},
    ),
    Series("load", until_noon(around(0, 0, 10)), {"deployment": "api", "namespace": "shop"}),
)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Knows three days around noon."""
    needs(PROMETHEUS, PROMTOOL)
    with Backfilled(tmp_path_factory.mktemp("days"), PAST, lookback="20s") as server:
        yield server.url


@pytest.fixture
async def source(prometheus: str) -> AsyncIterator[Prometheus]:
    """The same, to be asked."""
    async with Prometheus(PrometheusSettings(url=prometheus)) as source:
        yield source


def foreseeing(query: str, forecast: dict[str, Any]) -> ScalingPolicy:
    """A policy of one metric."""
    return policy(metrics=[{**metric("load"), "query": query, "forecast": forecast}])


async def reading(source: Prometheus, asked: ScalingPolicy, dead_time: float | None) -> Reading:
    """The metric at noon."""
    return (await Asking(source, NOON).moment(asked, dead_time)).readings[0]


@pytest.mark.parametrize(
    ("query", "forecast", "dead_time", "expected"),
    [
        pytest.param("up_hill", LINEAR, 120, (120, 1120), id="linear"),
        pytest.param("up_hill", LINEAR, None, (30, 1030), id="nothing measured"),
        pytest.param("sum(up_hill) # all", LINEAR, 60, (60, 1060), id="with a comment"),
        pytest.param("alike", DAILY, 60, (60, 560), id="the median of two days"),
        pytest.param("alike", DAILY, None, (120, 620), id="seasonal, nothing measured"),
        pytest.param("42", DAILY, 60, (60, 42), id="a scalar"),
    ],
)
async def test_what_is_expected_at_noon(
    source: Prometheus,
    query: str,
    forecast: dict[str, Any],
    dead_time: float | None,
    expected: tuple[float, float],
) -> None:
    ahead = (await reading(source, foreseeing(query, forecast), dead_time)).ahead
    assert ahead
    seconds, value = expected
    assert replace(ahead, value=None) == Ahead(forecast["type"], seconds, None)
    assert ahead.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("query", "forecast", "error"),
    [
        pytest.param("new", DAILY, "'new': expected one sample, got no data", id="no such day"),
        pytest.param("alone", LINEAR, "expected one sample, got no data", id="one sample"),
        pytest.param("scalar(new)", LINEAR, "HTTP Status Code 400", id="refused"),
    ],
)
async def test_what_can_t_be_foreseen_says_why(
    source: Prometheus, query: str, forecast: dict[str, Any], error: str
) -> None:
    found = await reading(source, foreseeing(query, forecast), 60)
    assert (found.value is None, found.error) == (False, "")
    assert found.ahead
    assert found.ahead.value is None
    assert error in found.ahead.error


@pytest.mark.parametrize(
    ("query", "forecast"), [("up_hill", LINEAR), ("alike", DAILY), ("new", DAILY)]
)
async def test_the_past_is_what_was_expected_at_each_step(
    source: Prometheus, query: str, forecast: dict[str, Any]
) -> None:
    asked = foreseeing(query, forecast)
    past = await Asking(source, NOON).past(asked, 240, 90)
    assert len(past.moments) == 17
    for then in past.moments:
        seen = (await Asking(source, then.at).moment(asked, 90)).readings[0]
        [remembered] = then.readings
        assert remembered.value == seen.value
        assert remembered.ahead
        assert seen.ahead
        assert remembered.ahead.value == (
            None if query == "new" else pytest.approx(seen.ahead.value)
        )


@pytest.mark.parametrize(
    ("forecast", "web", "api"),
    [pytest.param(LINEAR, 1060, 10, id="linear"), pytest.param(DAILY, 1050, None, id="seasonal")],
)
async def test_each_of_a_fleet_has_its_own(
    source: Prometheus, forecast: dict[str, Any], web: float, api: float | None
) -> None:
    given = fleet(metrics=[{**metric("load"), "forecast": forecast}])
    members = [one.policy for one in members_of(given, index(manifest("web"), manifest("api")))]
    asking = Asking(source, NOON)
    found = {}
    for member in members:
        now = (await asking.moment(member, 60)).readings[0].ahead
        then = (await asking.past(member, 30, 60)).moments[-1].readings[0].ahead
        assert now
        assert then
        assert then.value == now.value
        found[member.target.name] = now.value
    assert found == {"web": pytest.approx(web), "api": api if api is None else pytest.approx(api)}


async def test_the_simulations_line_is_prometheus(source: Prometheus) -> None:
    asked = foreseeing("rough", LINEAR)
    found = await reading(source, asked, 180)
    said = Foresight(asked.spec.metrics[0], lambda age: ROUGH[NOON.timestamp() + age], 15)
    mine = said.at(0, 180)
    assert mine
    assert found.ahead
    # 3.x leaves out the oldest of the 21 points
    assert mine.value == pytest.approx(found.ahead.value, rel=0.02)


async def test_without_a_forecast_nothing_more_is_asked(source: Prometheus) -> None:
    plain = policy(metrics=[{**metric("load"), "query": "up_hill"}])
    assert (await reading(source, plain, 60)).ahead is None
    assert questions(plain.spec.metrics[0], 60, 15) == []


def test_a_long_line_is_drawn_through_a_bounded_number_of_points() -> None:
    [wide] = foreseeing("x", {"type": "linear", "window": "1h"}).spec.metrics
    assert questions(wide, 45, 5) == [("predict_linear((\nx\n)[3600000ms:15000ms], 45)", 0.0)]
    [narrow] = foreseeing("x", LINEAR).spec.metrics
    assert questions(narrow, 7.5, 2.5) == [("predict_linear((\nx\n)[300000ms:2500ms], 7.5)", 0.0)]
