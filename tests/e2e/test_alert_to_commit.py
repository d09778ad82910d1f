"""The main job on real parts: a metric crosses a threshold, and one commit scales."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bridge import __version__
from tests.conftest import DEPLOYMENT
from tests.parts.git_http import GitHttp
from tests.parts.monitoring import Monitoring
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.service.conftest import count, subjects
from tests.service.program import configured, policy, running, through

pytestmark = pytest.mark.timeout(90)

TOKEN = "t0ken"
DEPTH = 'sum(queue_depth{deployment="checkout"})'
LABELS = {"deployment": "checkout", "namespace": "shop"}
BODY = f"""\
checkout (Deployment shop/checkout): 3 → 7
  load 210 at 30 per replica asks for 7

Scaled-By: scalebridge/{__version__}
Scale-Decision: {{"target":"Deployment/shop/checkout","from":3,"to":7,"policy":"checkout",\
"reason":"load 210 at 30 per replica asks for 7"}}"""


def by_depth(**more: Any) -> str:
    """30 a replica, asked by the clock once an hour."""
    target = {"type": "AverageValue", "value": 30}
    metrics = [{"name": "load", "query": DEPTH, "target": target}]
    return policy("checkout", metrics=metrics, **{"pollingInterval": "1h", **more})


@pytest.fixture
def config(
    monitoring: Monitoring, git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> Path:
    """The service between the real Prometheus and the smart-HTTP remote."""
    monitoring.exporter.set("queue_depth", 90, **LABELS)
    state_repo.write({"policies/checkout.yaml": by_depth()}, "Add a policy")
    monitoring.until(DEPTH, "90")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    server = {"listen": "127.0.0.1:0", "webhook_token_file": "token"}
    remote = through(git_http, state_repo)
    return configured(tmp_path, monitoring.prometheus, remote, server=server)


def test_a_metric_that_crosses_a_threshold_becomes_a_commit(
    config: Path, monitoring: Monitoring, git_http: GitHttp, state_repo: StateRepo
) -> None:
    with running(config) as program:
        monitoring.route_to(f"{program.url}/webhooks/alertmanager", token=TOKEN)
        steady = program.until("steady", policy="checkout")
        assert steady["reason"] == "load 90 at 30 per replica asks for 3"
        monitoring.exporter.set("queue_depth", 210, **LABELS)
        started = time.monotonic()
        until(lambda: count(state_repo, "checkout") == 7)
        assert time.monotonic() - started < 12
        woken = program.until("woken")
        assert (woken["cause"], woken["policies"]) == ("alert QueueDeep", ["checkout"])
        program.until("committed", subject="scale: checkout 3→7")
        assert program.stop() == 0
    newest, *_ = state_repo.log()
    assert (newest.subject, newest.body) == ("scale: checkout 3→7", BODY)
    assert newest.paths == ("apps/checkout.yaml",)
    text = DEPLOYMENT.format(name="checkout").replace("replicas: 3", "replicas: 7")
    assert state_repo.read("apps/checkout.yaml").decode() == text
    assert subjects(state_repo) == ["scale: checkout 3→7"]
    assert all(request.authorization for request in git_http.requests)


def test_an_alert_without_the_token_wakes_nobody(
    config: Path, monitoring: Monitoring, state_repo: StateRepo
) -> None:
    with running(config) as program:
        program.until("steady", policy="checkout")
        monitoring.route_to(f"{program.url}/webhooks/alertmanager", token="wrong")
        monitoring.exporter.set("queue_depth", 210, **LABELS)
        refused = 'scalebridge_webhooks_total{code="401",receiver="alertmanager"}'
        until(lambda: refused in program.page("/metrics"))
        assert program.seen("woken") == []
    assert subjects(state_repo) == []


def test_a_scale_down_waits_for_its_window_in_prometheus_memory(
    config: Path, monitoring: Monitoring, state_repo: StateRepo
) -> None:
    free = {"type": "Percent", "value": 1000, "periodSeconds": 1}
    down = {"stabilizationWindowSeconds": 5, "policies": [free]}
    behavior = {"scaleUp": {"policies": [free]}, "scaleDown": down}
    often = by_depth(pollingInterval="1s", behavior=behavior)
    state_repo.write({"policies/checkout.yaml": often}, "Ask often")
    with running(config) as program:
        monitoring.exporter.set("queue_depth", 210, **LABELS)
        until(lambda: count(state_repo, "checkout") == 7)
        program.until("steady", policy="checkout", current=7, desired=7)  # a tick's range has it
        monitoring.exporter.set("queue_depth", 90, **LABELS)
        monitoring.until(DEPTH, "90")
        fell = time.monotonic()
        program.until("steady", policy="checkout", current=7, reason=STABILIZED)
        program.kill()
    with running(config) as program:  # it remembers nothing, Prometheus does
        until(lambda: count(state_repo, "checkout") == 3)
        assert 4 < time.monotonic() - fell < 15
    assert subjects(state_repo)[:2] == ["scale: checkout 7→3", "scale: checkout 3→7"]


STABILIZED = "load 90 at 30 per replica asks for 3; held by the stabilization window at 7"
