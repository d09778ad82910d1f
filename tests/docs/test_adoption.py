"""docs/moving-from-hpa-and-keda.md: the way to Git at the count that runs, as it is told."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import yaml

from bridge.evaluate.ready import ready_query
from bridge.policy.loading import parse_policy
from bridge.repo.state_repo import StateRepo as Opened
from bridge.service.once import once
from bridge.service.validation import validated
from bridge.settings.configuration import Settings
from tests.docs.markdown import ROOT, page_blocks
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo

BLOCKS = page_blocks(ROOT / "docs" / "moving-from-hpa-and-keda.md")
[POLICY] = [block.text for block in BLOCKS if "insert: true" in block.text]
[HPA] = [block.text for block in BLOCKS if "kind: HorizontalPodAutoscaler" in block.text]
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: checkout, namespace: shop}\n"
    "spec:\n  paused: false\n"
)
SUSPENDED = POLICY.replace("suspend: false", "suspend: true")


async def test_each_step_does_what_the_page_says(tmp_path: Path) -> None:
    assert SUSPENDED != POLICY
    files = {"apps/checkout.yaml": DEPLOYMENT, "apps/hpa.yaml": HPA, "policies/c.yaml": SUSPENDED}
    repo = StateRepo.create(tmp_path / "remote", files)
    with FakePrometheus() as prometheus:
        prometheus.script(ANY, samples(4.2))
        ready = str(ready_query(parse_policy(POLICY.encode(), "c.yaml")))
        prometheus.script(ready, samples(11))
        prometheus.script(ready.replace("status_replicas_ready", "spec_replicas"), samples(12))
        settings = Settings.model_validate(
            {
                "prometheus": {"url": prometheus.url},
                "state_repo": {"url": repo.url, "mirror": tmp_path / "mirror.git"},
            }
        )
        assert (await _told(settings)) == ["apps/hpa.yaml:1"]
        assert (await once(settings, _now)).push is None
        repo.write({"apps/hpa.yaml": None, "policies/c.yaml": POLICY}, "Hand checkout to Git")
        assert (await _told(settings)) == []
        await once(settings, _now)
    assert re.findall(r"replicas: (\d+)", repo.read("apps/checkout.yaml").decode()) == ["12"]


def _now() -> datetime:
    return datetime.now(UTC)


async def _told(settings: Settings) -> list[str]:
    async with Opened(settings.state_repo) as repo:
        found = await validated(repo)
    assert found.places.problems == {}
    return [f"{one.path}:{one.line}" for one in found.conflicts]


def test_the_page_s_policy_is_its_imported_hpa_s() -> None:
    assert yaml.safe_load(POLICY)["metadata"]["name"] == yaml.safe_load(HPA)["metadata"]["name"]
