"""When an alert began, however long ago, and whoever asks when: by recorded ALERTS series."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from bridge.decide.alerts import LONGEST_FIRING
from bridge.evaluate.alerts import STEP_S, Firing
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.prometheus_alerts import PrometheusAlerts
from bridge.policy.alert import AlertRule
from bridge.settings.prometheus import PrometheusSettings

_Answer = TypeVar("_Answer")
_Parse = Callable[[Sequence[Any]], _Answer]

NOON = datetime(2026, 3, 4, 12, 0, 2, tzinfo=UTC)
RULE = AlertRule(match={"alertname": "A"})


class Recorded(Prometheus):
    """Answers for alerts that fired from then to then; counts the questions about the past."""

    def __init__(self, **alerts: tuple[datetime, datetime]) -> None:
        super().__init__(PrometheusSettings(url="http://127.0.0.1:1"))
        self._alerts = alerts
        self.asked = 0
        self.queries: list[str] = []

    def _series(self, times: Sequence[datetime]) -> list[dict[str, Any]]:
        found = []
        for pod, (begin, end) in self._alerts.items():
            values = [(at.timestamp(), "1") for at in times if begin <= at <= end]
            labels = {"__name__": "ALERTS", "alertname": "A", "alertstate": "firing", "pod": pod}
            found += [{"metric": labels, "values": values}] if values else []
        return found

    async def items(self, query: str, at: datetime, parse: _Parse[_Answer]) -> _Answer:
        self.queries.append(query)
        return parse(self._series([at]))

    async def items_over(
        self, query: str, window: tuple[datetime, datetime], step: float, parse: _Parse[_Answer]
    ) -> _Answer:
        self.queries.append(query)
        self.asked += 1
        start, end = window
        count = int((end - start).total_seconds() // step) + 1
        return parse(self._series([start + n * timedelta(seconds=step) for n in range(count)]))


@asynccontextmanager
async def recorded(**alerts: tuple[datetime, datetime]) -> AsyncIterator[Recorded]:
    """A source that is closed in the end."""
    async with Recorded(**alerts) as source:
        yield source


def before(**ago: float) -> datetime:
    """That long before noon."""
    return NOON - timedelta(**ago)


@pytest.mark.parametrize("began", [{"seconds": 1}, {"minutes": 7}, {"hours": 5}, {"days": 6}])
async def test_the_beginning_is_found_and_stays_the_same(began: dict[str, float]) -> None:
    start = before(**began)
    async with recorded(a=(start, before(hours=-3))) as source:
        known = PrometheusAlerts(source)
        looks = [
            found
            for later in (0, 3, 8, 3700, 7300)
            for alerts in (known, PrometheusAlerts(source))
            for found in await alerts.firing([RULE], NOON + timedelta(seconds=later))
        ]
    assert {look.since for look in looks} == {looks[0].since}
    assert start - timedelta(seconds=STEP_S) <= looks[0].since <= start
    assert len(looks) == 10


async def test_hours_that_are_over_are_asked_about_once() -> None:
    async with recorded(a=(before(hours=4.9), before(hours=-3))) as source:
        alerts = PrometheusAlerts(source)
        await alerts.firing([RULE], NOON + timedelta(minutes=30))
        first, source.asked = source.asked, 0
        await alerts.firing([RULE], NOON + timedelta(minutes=31))
    assert (first, source.asked) == (6, 1)


async def test_all_hours_of_an_alert_share_its_labels() -> None:
    async with recorded(a=(before(hours=9), before(hours=-9))) as source:
        alerts = PrometheusAlerts(source)
        for later in range(3):
            await alerts.firing([RULE], NOON + timedelta(hours=later))
    labels = [each for spans in alerts._ended.values() for each in spans]
    assert (len(labels), len({id(each) for each in labels})) == (10, 1)


async def test_one_that_led_over_to_it_is_told_and_one_long_before_is_not() -> None:
    async with recorded(
        a=(before(hours=2), before(minutes=5)),
        b=(before(minutes=20), before(hours=-1)),
        c=(before(hours=9), before(hours=8)),
    ) as source:
        found = await PrometheusAlerts(source).firing([RULE], NOON)
    ended, firing = sorted(found, key=lambda alert: alert.since)
    assert (ended.labels["pod"], firing.labels["pod"], firing.until) == ("a", "b", None)
    assert ended.since < firing.since < (ended.until or NOON) < NOON


@pytest.mark.parametrize("later", [0, 3, 8])
async def test_one_that_led_over_to_it_at_a_full_hour_is_told(later: int) -> None:
    hour = NOON.replace(second=0)
    handed = hour + timedelta(seconds=1)
    async with recorded(
        a=(before(minutes=5), hour - timedelta(seconds=1)), b=(handed, before(hours=-1))
    ) as source:
        found = await PrometheusAlerts(source).firing([RULE], NOON + timedelta(seconds=later))
    ended, firing = sorted(found, key=lambda alert: alert.since)
    assert (ended.labels["pod"], firing.labels["pod"]) == ("a", "b")
    assert firing.since <= (ended.until or NOON)


async def test_what_is_older_than_the_memory_is_known_to_be_that_old() -> None:
    async with recorded(a=(before(days=30), before(hours=-1))) as source:
        (found,) = await PrometheusAlerts(source).firing([RULE], NOON)
    assert found.since <= NOON - LONGEST_FIRING
    assert source.asked == 7 * 24 + 1


async def test_nothing_is_asked_of_the_past_where_nothing_fires() -> None:
    async with recorded(a=(before(hours=2), before(hours=1))) as source:
        assert await PrometheusAlerts(source).firing([RULE], NOON) == ()
        other = AlertRule(match={"alertname": "A", "pod": "z"})
        fresh: tuple[Firing, ...] = await PrometheusAlerts(source).firing([other], before(hours=1))
    assert (fresh, source.asked) == ((), 0)


async def test_few_rules_are_asked_about_by_their_labels() -> None:
    """Of a name that two thousand services share, a policy's own alert is one."""
    rules = [AlertRule(match={"alertname": "A", "pod": pod}) for pod in ("a", "z")]
    others = [AlertRule(match={"pod": "b"}), AlertRule(match={"alertname": "B"})]
    fires = (before(minutes=1), before(hours=-1))
    async with recorded(a=fires) as source:
        await PrometheusAlerts(source).firing([*rules, *rules, *others], NOON)
    one, two = (f'ALERTS{{alertstate="firing",alertname="A",pod="{pod}"}}' for pod in ("a", "z"))
    third = 'ALERTS{alertstate="firing",alertname="A",pod="b"}'
    level, *past = source.queries
    other = 'ALERTS{alertstate="firing",alertname="B"}'
    assert level == f'{one} or {two} or {other} or ALERTS{{alertstate="firing",pod="b"}}'
    assert set(past) == {f"{one} or {third} or {two}"}


async def test_many_rules_on_one_name_are_one_short_question() -> None:
    rules = [AlertRule(match={"alertname": "A", "pod": f"p{n}"}) for n in range(2_000)]
    fires = (before(minutes=1), before(hours=-1))
    async with recorded(p7=fires) as source:
        (found,) = await PrometheusAlerts(source).firing(rules, NOON)
    assert found.labels["pod"] == "p7"
    level, *past = source.queries
    assert level == 'ALERTS{alertstate="firing"}'
    assert set(past) == {'ALERTS{alertstate="firing",alertname="A"}'}


async def test_a_rule_for_all_of_a_name_makes_the_others_needless() -> None:
    rules = [RULE, AlertRule(match={"alertname": "A", "pod": "a"})]
    async with recorded(a=(before(minutes=1), before(hours=-1))) as source:
        await PrometheusAlerts(source).firing(rules, NOON)
    assert set(source.queries[1:]) == {'ALERTS{alertstate="firing",alertname="A"}'}
