"""A minimum that holds while an alert fires, on real parts: through kills, repeats and silence."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bridge.service.explaining import Question, explained
from bridge.service.once import once, plan
from bridge.settings.loading import load_settings
from tests.parts.monitoring import Monitoring
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.repo.relay import Relay
from tests.service.conftest import count, subjects
from tests.service.program import Program, configured, policy, running

pytestmark = pytest.mark.timeout(120)

CAPTURED = Path(__file__).parents[1] / "trigger" / "alertmanager_firing.json"
TARGET = {"type": "AverageValue", "value": 30}
ASKS_FOR_3 = {"name": "load", "query": "vector(90)", "target": TARGET}
ROUNDS = 4


@pytest.fixture
def shop(state_repo: StateRepo) -> StateRepo:
    """Three replicas are enough for the load; half as many more while the queue is deep."""
    alerts = [{"match": {"alertname": "QueueDeep", "team": "shop"}, "minReplicas": "+50%"}]
    text = policy("checkout", metrics=[ASKS_FOR_3], alerts=alerts)
    state_repo.write({"policies/checkout.yaml": text}, "Add a policy")
    return state_repo


def held(program: Program, replicas: int) -> None:
    """Some more rounds, all of which leave the count at that."""
    before = len(program.seen("steady", policy="checkout"))
    event = program.until("steady", policy="checkout", times=before + ROUNDS)
    assert (event["current"], event["desired"]) == (replicas, replicas)


def repeated(program: Program) -> None:
    """What Alertmanager and its peers send again and again."""
    for _ in range(5):
        answer = httpx.post(f"{program.url}/webhooks/alertmanager", content=CAPTURED.read_bytes())
        assert answer.status_code == 202


async def look_on(config: Path) -> None:
    """Another instance finds nothing to do, by the same alert."""
    settings = load_settings(config)
    planned = await plan(settings, lambda: datetime.now(UTC))
    assert planned.found.decisions == []
    (outcome,) = planned.found.outcomes
    assert outcome.decision is not None
    assert "raises the minimum by 50% of 3 to 5" in outcome.decision.reason
    assert (await once(settings, lambda: datetime.now(UTC))).push is None
    told = await explained(settings, Question("checkout"), lambda: datetime.now(UTC))
    assert told.explanation.decision.steps[-1].field == "spec.alerts.0.minReplicas"


async def test_it_holds_through_a_kill_and_repeats_and_ends_with_the_alert(
    monitoring: Monitoring, shop: StateRepo, tmp_path: Path
) -> None:
    config = configured(tmp_path, monitoring.prometheus, {"url": shop.url})
    with running(config) as program:
        program.until("steady", policy="checkout", current=3)
        monitoring.exporter.set("queue_depth", 200, team="shop")
        until(lambda: count(shop, "checkout") == 5)
        program.until("committed", subject="scale: checkout 3→5")
        repeated(program)
        held(program, 5)
        program.kill()
    shutil.rmtree(tmp_path / "mirror.git")
    with running(config) as program:
        held(program, 5)
        (tmp_path / "second").mkdir()
        await look_on(configured(tmp_path / "second", monitoring.prometheus, {"url": shop.url}))
        monitoring.exporter.clear()
        until(lambda: count(shop, "checkout") == 3)
        repeated(program)  # as somebody who has seen the notification may send it again
        held(program, 3)
    newest, before, *_ = shop.log()
    assert "alert QueueDeep, firing since " in before.body
    assert subjects(shop)[:2] == ["scale: checkout 5→3", "scale: checkout 3→5"]
    assert newest.subject == "scale: checkout 5→3"


def test_while_alertmanager_does_not_answer_nothing_is_released(
    monitoring: Monitoring, shop: StateRepo, tmp_path: Path
) -> None:
    with Relay(monitoring.alertmanager.removeprefix("http://")) as relay:
        section: dict[str, Any] = {"url": f"http://{relay.address}", "timeout": "500ms"}
        remote = {"url": shop.url}
        config = configured(tmp_path, monitoring.prometheus, remote, alertmanager=section)
        monitoring.exporter.set("queue_depth", 200, team="shop")
        with running(config) as program:
            until(lambda: count(shop, "checkout") == 5)
            program.until("committed", subject="scale: checkout 3→5")
            relay.hang()
            program.until("metrics_unknown", policy="checkout")
            monitoring.exporter.clear()
            monitoring.until('count(ALERTS{alertstate="firing"})')
            program.until("metrics_unknown", policy="checkout", current=5, desired=5)
            relay.refuse()
            unknown = "alerts are unknown"
            before = len(told(program, unknown))
            until(lambda: len(told(program, unknown)) >= before + ROUNDS)
            assert count(shop, "checkout") == 5
            relay.forward()
            until(lambda: count(shop, "checkout") == 3)
    assert subjects(shop)[:2] == ["scale: checkout 5→3", "scale: checkout 3→5"]


def told(program: Program, text: str) -> list[dict[str, Any]]:
    """The rounds whose reasons hold this text."""
    return [event for event in list(program.events) if text in event.get("reason", "")]
