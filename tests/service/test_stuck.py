"""A running service tells once that a rollout is stuck, and once that it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.commit.message import commit_message
from bridge.manifest.target import Target
from tests.conftest import DEPLOYMENT
from tests.decide.given import decision
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.service.program import configured, policy, running

pytestmark = pytest.mark.timeout(90)
STUCK = (
    "scalebridge_stuck_rollout"
    '{kind="Deployment",name="checkout",namespace="shop",policy="web",repo=""}'
)


def test_a_stuck_rollout_is_logged_exported_and_over(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    ref = {"kind": "Deployment", "name": "checkout", "namespace": "shop"}
    given: dict[str, Any] = {"readyReplicasQuery": "ready", "inFlightTimeout": "1s"}
    waiting = policy("web", scaleTargetRef=ref, **given)
    policies = {"policies/web.yaml": waiting, "policies/checkout.yaml": None}
    shop.write(policies, "Wait a second")
    manifest = DEPLOYMENT.format(name="checkout").replace("replicas: 3", "replicas: 7")
    made = commit_message([decision(3, 7, Target("Deployment", "checkout", "shop"))])
    shop.write({"apps/checkout.yaml": manifest}, made)
    fake.script("load", samples(700))
    fake.script("ready", samples(3))
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        told = program.until("rollout_stuck", policy="web")
        assert told["reason"].startswith("stuck rollout: 3 ready of 7 committed for ")
        assert told["level"] == "warning"
        assert f"{STUCK} 1.0" in program.page("/metrics")
        fake.script("ready", samples(7))
        program.until("rollout_goes_on", policy="web")
        assert f"{STUCK} 0.0" in program.page("/metrics")
        assert len(program.seen("rollout_stuck")) == 1
        shop.write({"policies/web.yaml": None}, "Leave it alone")
        until(lambda: STUCK not in program.page("/metrics"))
