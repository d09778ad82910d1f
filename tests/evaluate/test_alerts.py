"""The level of the alerts: from a real Prometheus, from a real Alertmanager, or unknown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import MetricsUnavailable
from bridge.evaluate.alertmanager import Alertmanager
from bridge.evaluate.alerts import (
    STEP_S,
    Firing,
    Meant,
    alerts_of,
    joined_spans,
    minimum_rules,
    spans_of,
)
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.prometheus_alerts import PrometheusAlerts
from bridge.policy.alert import AlertRule
from bridge.settings.alertmanager import AlertmanagerSettings
from bridge.settings.prometheus import PrometheusSettings
from tests.parts.monitoring import Monitoring
from tests.parts.threads import Served
from tests.policy.given import policy
from tests.repo.processes import until

BEGAN = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
FIRST = int(BEGAN.timestamp()) // STEP_S
DEEP = AlertRule(match={"alertname": "QueueDeep"})


def at(step: int) -> datetime:
    """That many steps after it began."""
    return BEGAN + timedelta(seconds=STEP_S * step)


def series(steps: Iterable[int], **labels: str) -> dict[str, Any]:
    """A series of ALERTS with samples at these steps."""
    named = {"__name__": "ALERTS", "alertname": "A", "alertstate": "firing", **labels}
    return {"metric": named, "values": [[(FIRST + step) * STEP_S, "1"] for step in steps]}


LABELS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("12"), max_size=4)


@given(st.lists(LABELS.filter(bool)), LABELS)
def test_an_alert_is_meant_by_a_rule_whose_labels_it_has(
    matches: list[dict[str, str]], labels: dict[str, str]
) -> None:
    rules = [AlertRule(match=match) for match in matches]
    assert Meant(rules)(labels) == any(rule.matches(labels) for rule in rules)


def test_a_storm_of_alerts_is_held_to_a_few_of_thousands_of_rules() -> None:
    """One by one, it would be ten million comparisons, on the event loop."""
    rules = [AlertRule(match={"alertname": "A", "service": f"s{n}"}) for n in range(10_000)]
    storm = [{"alertname": "A", "service": f"s{n}"} for n in range(9_000, 11_000)]
    begun = time.thread_time()
    assert sum(map(Meant(rules), storm)) == 1_000
    assert time.thread_time() - begun < 2


def test_an_alert_began_up_to_a_step_before_its_first_sample() -> None:
    past = spans_of([series(range(10, 21)), series([1, 2, 18, 19], pod="x")])
    now = at(20) + timedelta(seconds=2)
    assert alerts_of([{"alertname": "A"}], past, now) == [
        Firing({"alertname": "A"}, at(9)),
        Firing({"alertname": "A", "pod": "x"}, at(0), at(3)),
        Firing({"alertname": "A", "pod": "x"}, at(17), at(20)),
    ]


def test_it_is_the_same_beginning_whenever_it_is_looked_at() -> None:
    young = alerts_of([{"alertname": "A"}], spans_of([]), at(9) + timedelta(seconds=4.9))
    later = alerts_of([{"alertname": "A"}], spans_of([series(range(10, 90))]), at(89))
    assert young == later == [Firing({"alertname": "A"}, at(9))]


def test_one_that_has_just_ended_does_not_fire() -> None:
    past, now = spans_of([series(range(10, 21))]), at(20) + timedelta(seconds=2)
    assert alerts_of([], past, now) == [Firing({"alertname": "A"}, at(9), now)]


def test_windows_that_follow_each_other_are_one_past() -> None:
    newer, older = spans_of([series([3, 4])]), spans_of([series([0, 2]), series([1], pod="x")])
    joined = joined_spans([newer, older])
    assert joined == joined_spans([older, newer])
    assert [list(spans) for spans in joined.values()] == [
        [(FIRST, FIRST), (FIRST + 2, FIRST + 4)],
        [(FIRST + 1, FIRST + 1)],
    ]


def test_only_rules_with_a_minimum_have_to_be_known() -> None:
    asks = policy(alerts=[{"match": {"a": "b"}}, {"match": {"a": "c"}, "minReplicas": 2}])
    assert minimum_rules([asks, policy(), asks]) == [asks.spec.alerts[1]]


async def from_prometheus(url: str, *rules: AlertRule) -> list[Firing]:
    """Those that fire now: other tests' alerts are past."""
    async with Prometheus(PrometheusSettings(url=url)) as prometheus:
        found = await PrometheusAlerts(prometheus).firing(rules or [DEEP], datetime.now(UTC))
    return [alert for alert in found if alert.until is None]


def from_alertmanager(url: str, rule: AlertRule = DEEP, **more: Any) -> tuple[Firing, ...]:
    source = Alertmanager(AlertmanagerSettings(url=url, **more))
    return asyncio.run(source.firing([rule], datetime.now(UTC)))


def test_a_real_prometheus_tells_what_fires_and_since_when(monitoring: Monitoring) -> None:
    assert asyncio.run(from_prometheus(monitoring.prometheus)) == []
    before = datetime.now(UTC)
    monitoring.exporter.set("queue_depth", 200, deployment="web")
    monitoring.exporter.set("load_ratio", 2)
    monitoring.until('count(ALERTS{alertstate="firing"})', "2")
    after = datetime.now(UTC)
    (first,) = asyncio.run(from_prometheus(monitoring.prometheus))
    assert first.labels.items() >= {"alertname": "QueueDeep", "deployment": "web"}.items()
    assert before - timedelta(seconds=STEP_S) <= first.since <= after
    assert first.since.timestamp() % STEP_S == 0
    assert asyncio.run(from_prometheus(monitoring.prometheus)) == [first]
    own = AlertRule(match={"alertname": "QueueDeep", "deployment": "web"})
    other = AlertRule(match={"alertname": "QueueDeep", "deployment": "api"})
    assert asyncio.run(from_prometheus(monitoring.prometheus, own, other)) == [first]
    assert asyncio.run(from_prometheus(monitoring.prometheus, other)) == []


def test_a_real_alertmanager_tells_the_same_silenced_or_not(monitoring: Monitoring) -> None:
    monitoring.exporter.set("queue_depth", 200, deployment="web")
    until(lambda: len(from_alertmanager(monitoring.alertmanager)) == 1)
    (first,) = from_alertmanager(monitoring.alertmanager)
    now = datetime.now(UTC)
    assert first.labels["deployment"] == "web"
    assert now - timedelta(seconds=30) < first.since <= now
    silence = {
        "matchers": [{"name": "alertname", "value": "QueueDeep", "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(minutes=5)).isoformat(),
        "createdBy": "a test",
        "comment": "hush",
    }
    url = f"{monitoring.alertmanager}/api/v2/silences"
    silenced = httpx.post(url, json=silence).raise_for_status().json()["silenceID"]
    assert from_alertmanager(monitoring.alertmanager) == (first,)
    httpx.delete(f"{monitoring.alertmanager}/api/v2/silence/{silenced}").raise_for_status()
    monitoring.exporter.clear()
    until(lambda: from_alertmanager(monitoring.alertmanager) == ())


class Api(Served):
    """Answers as it is told to, and notes who asked."""

    def __init__(self, body: str = "[]", status: int = 200, delay: float = 0) -> None:
        self.authorizations: list[str | None] = []
        self._answer = body, status, delay

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/alertmanager/grafana/api/v2/alerts", self._alerts)
        return app

    async def _alerts(self, request: web.Request) -> web.Response:
        body, status, delay = self._answer
        self.authorizations.append(request.headers.get("Authorization"))
        await asyncio.sleep(delay)
        headers = {"Location": "http://127.0.0.1:1/"} if status == 302 else None
        return web.Response(text=body, status=status, headers=headers)


GRAFANA = """[{"labels": {"alertname": "QueueDeep", "grafana_folder": "shop"},
"startsAt": "2026-03-04T12:00:00.123456789+01:00", "endsAt": "2026-03-04T12:09:00.000Z",
"status": {"state": "active", "inhibitedBy": [], "silencedBy": []}, "receivers": []}]"""


def test_grafana_s_api_is_asked_with_its_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken\n")
    with Api(GRAFANA) as api:
        url = f"{api.url}/api/alertmanager/grafana"
        (found,) = from_alertmanager(url, bearer_token_file=tmp_path / "token")
        assert from_alertmanager(url, username="ann", password="pass") == (found,)
    assert found.since == datetime(2026, 3, 4, 11, 0, 0, 123456, tzinfo=UTC)
    assert api.authorizations == ["Bearer t0ken", "Basic YW5uOnBhc3M="]


@pytest.mark.parametrize(
    ("api", "why"),
    [
        (Api(status=500), "HTTP 500"),
        (Api(status=401), "HTTP 401"),
        (Api(status=302), "HTTP 302"),
        (Api("<html>"), "not an answer of Alertmanager's API v2"),
        (Api('{"status": "success"}'), "not an answer of Alertmanager's API v2"),
        (Api("[" * 100_000), "not an answer of Alertmanager's API v2"),
        (Api('[{"labels": {"a": "b"}}]'), "not an answer of Alertmanager's API v2"),
        (Api(delay=60), "no answer within 0.3 s"),
    ],
    ids=["500", "401", "redirect", "a page", "a mapping", "too deep", "no start", "no answer"],
)
def test_what_alertmanager_does_not_say_is_unknown(api: Api, why: str) -> None:
    patience = "300ms" if "no answer" in why else "10s"
    with api, pytest.raises(MetricsUnavailable, match=why):
        from_alertmanager(f"{api.url}/api/alertmanager/grafana", timeout=patience)


def test_so_is_what_nobody_says(tmp_path: Path) -> None:
    with pytest.raises(MetricsUnavailable, match=r"api/v2/alerts: .*[Cc]onnect"):
        from_alertmanager("http://127.0.0.1:1")
    with pytest.raises(MetricsUnavailable, match="can't connect to"):
        asyncio.run(from_prometheus("http://127.0.0.1:1"))
    lost = tmp_path / "token"
    lost.write_text("t0ken")
    source = Alertmanager(AlertmanagerSettings(url="http://127.0.0.1:1", bearer_token_file=lost))
    lost.unlink()
    with pytest.raises(MetricsUnavailable, match="can't be read"):
        asyncio.run(source.firing([DEEP], BEGAN))
