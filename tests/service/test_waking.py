"""Alerts wake the policies they concern at once; reconcilers hear of each push."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.parts.threads import Served
from tests.repo.processes import until
from tests.repo.relay import Relay
from tests.service.conftest import count, subjects
from tests.service.program import Program, configured, policy, running

pytestmark = pytest.mark.timeout(90)

CAPTURED = Path(__file__).parents[1] / "trigger" / "alertmanager_firing.json"


def posted(program: Program, status: str = "firing", **labels: str) -> httpx.Response:
    """A notification as Alertmanager sends it, with these labels."""
    body = json.loads(CAPTURED.read_bytes())
    body["alerts"] = [{**body["alerts"][0], "status": status, "labels": labels}]
    return httpx.post(f"{program.url}/webhooks/alertmanager", json=body)


@pytest.fixture
def hourly(state_repo: StateRepo, fake: FakePrometheus) -> StateRepo:
    """Policies that the clock asks once an hour."""
    fake.script(ANY, samples(300))
    alerts = [{"match": {"alertname": "Overloaded", "team": "shop"}}]
    spec: dict[str, Any] = {"pollingInterval": "1h"}
    policies = {
        "policies/checkout.yaml": policy("checkout", query="checkout", alerts=alerts, **spec),
        "policies/search.yaml": policy("search", query="search", **spec),
    }
    state_repo.write(policies, "Add policies")
    return state_repo


def test_alerts_wake_those_who_asked_for_them_and_those_they_name(
    hourly: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    with running(configured(tmp_path, fake.url, {"url": hourly.url})) as program:
        program.until("steady", policy="search")
        fake.script(ANY, samples(700))
        strangers = [
            posted(program, "resolved", alertname="Overloaded", team="shop"),
            posted(program, alertname="Overloaded", team="other"),
            posted(program, alertname="Any", deployment="search", namespace="other"),
            posted(program, alertname="Any", statefulset="search", namespace="shop"),
        ]
        assert [answer.status_code for answer in strangers] == [202] * 4
        posted(program, alertname="Overloaded", team="shop", severity="page")
        until(lambda: count(hourly, "checkout") == 7)
        assert (count(hourly, "search"), len(program.seen("woken"))) == (3, 1)
        posted(program, alertname="Any", deployment="search", namespace="shop")
        until(lambda: count(hourly, "search") == 7)
        program.until("committed", subject="scale: search 3→7")
        causes = [(event["cause"], event["policies"]) for event in program.seen("woken")]
    assert causes == [("alert Overloaded", ["checkout"]), ("alert Any", ["search"])]
    assert subjects(hourly) == ["scale: search 3→7", "scale: checkout 3→7"]


def test_a_list_that_was_cut_wakes_though_it_says_resolved(
    hourly: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    body = {**json.loads(CAPTURED.read_bytes()), "status": "resolved", "truncatedAlerts": 2}
    body["alerts"] = [{**body["alerts"][0], "status": "resolved"}]
    with running(configured(tmp_path, fake.url, {"url": hourly.url})) as program:
        program.until("steady", policy="search")
        fake.script(ANY, samples(700))
        for team in ("other", "shop"):
            body["groupLabels"] = {"team": team}
            answer = httpx.post(f"{program.url}/webhooks/alertmanager", json=body)
            assert answer.status_code == 202
        until(lambda: count(hourly, "checkout") == 7)
        woken = [(event["cause"], event["policies"]) for event in program.seen("woken")]
    assert woken == [("alert unnamed (2 left out)", ["checkout"])]
    assert subjects(hourly) == ["scale: checkout 3→7"]


def test_alerts_that_come_before_the_repo_was_read_wait_for_it(
    hourly: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    with Relay("127.0.0.1:1") as relay:
        relay.hang()
        remote = {"url": f"http://{relay.address}/state.git", "timeout": "1m"}
        server = {"listen": "127.0.0.1:0", "queue": 1}
        config = configured(tmp_path, fake.url, remote, server=server)
        with running(config) as program:
            names = {"deployment": "search", "namespace": "shop"}
            codes = [posted(program, **names).status_code for _ in range(2)]
            codes.append(posted(program, "resolved", **names).status_code)
            assert codes == [202, 503, 202]
            assert program.stop() == 0
    assert subjects(hourly) == []


class Deployer(Served):
    """Takes notices, or fails to."""

    def __init__(self, status: int = 200) -> None:
        self.notices: list[dict[str, Any]] = []
        self._status = status

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        self.notices.append(await request.json())
        return web.Response(status=self._status, text="no")


def test_reconcilers_hear_of_each_push_and_can_t_hinder_it(
    hourly: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    before = hourly.tip()
    with Deployer() as flux, Deployer(500) as argocd:
        reconcilers = [
            {"name": "down", "type": "flux", "url": "http://127.0.0.1:1/hook"},
            {"name": "flux", "type": "flux", "url": f"{flux.url}/hook"},
            {"name": "argocd", "type": "argocd", "url": f"{argocd.url}/hook"},
        ]
        config = configured(tmp_path, fake.url, {"url": hourly.url}, reconcilers=reconcilers)
        with running(config) as program:
            program.until("notice_failed", reconciler="down")
            assert program.until("notice_failed", reconciler="argocd")["error"] == "HTTP 500: no"
            metrics = program.page("/metrics")
    told = 'scalebridge_reconciler_notices_total{outcome="accepted",reconciler="flux",repo=""} 1.0'
    assert told in metrics
    for notice in (*flux.notices, *argocd.notices):
        assert (notice["before"], notice["after"]) == (before, hourly.tip())
        assert notice["commits"][0]["modified"] == ["apps/checkout.yaml", "apps/search.yaml"]
    assert (len(flux.notices), len(argocd.notices)) == (1, 1)
