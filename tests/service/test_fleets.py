"""Two hundred workloads by one policy: a real Prometheus, a real repo."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.evaluate.prometheus import Prometheus
from bridge.publish.branch import BranchPublisher
from bridge.repo.state_repo import StateRepo as Tip
from bridge.service.once import Done, once
from bridge.service.outcome import Outcome
from bridge.service.rounds import Rounds
from bridge.settings.configuration import Settings
from bridge.settings.prometheus import PrometheusSettings
from tests.parts.monitoring import Monitoring
from tests.parts.state_repo import StateRepo
from tests.repo.ways import BRIDGE, by_file
from tests.service.conftest import count
from tests.service.program import configured, policy, running

MEMBERS = 200
NAMES = [f"web-{number:03}" for number in range(MEMBERS)]
LABELS = {"namespace": "shop"}


def manifest(name: str, replicas: int = 3, annotations: str = "{}") -> str:
    """A workload of the fleet."""
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n"
        f"  name: {name}\n  namespace: shop\n  labels: {{tier: web}}\n"
        f"  annotations: {annotations}\n"
        f"spec:\n  replicas: {replicas}  # kept\n"
    )


def fleet(**spec: Any) -> str:
    """100 per replica for each Deployment of the tier."""
    selector = {"matchLabels": {"tier": "web"}}
    return policy("web", scaleTargetRef=None, scaleTargetSelector=selector, query="load", **spec)


@pytest.fixture
def repo(tmp_path: Path) -> StateRepo:
    """Two hundred workloads of three replicas, and the one policy."""
    files = {f"apps/{name}.yaml": manifest(name) for name in NAMES}
    return StateRepo.create(tmp_path / "remote", {**files, "policies/web.yaml": fleet()})


@pytest.fixture
def load(monitoring: Monitoring) -> Monitoring:
    """Each workload has what three replicas can take, and three ready ones."""
    for name in NAMES:
        monitoring.exporter.set("load", 300, deployment=name, **LABELS)
        monitoring.exporter.set(
            "kube_deployment_status_replicas_ready", 3, deployment=name, **LABELS
        )
    monitoring.until("count(load)", str(MEMBERS))
    return monitoring


def set_load(load: Monitoring, **by_name: float) -> None:
    """These workloads' load from now on; _ for -."""
    for name, value in by_name.items():
        labels = {"deployment": name.replace("_", "-"), **LABELS}
        load.exporter.set("load", value, **labels)
        load.until(f'load{{deployment="{labels["deployment"]}"}}', str(value))


async def decided(repo: StateRepo, load: Monitoring, folder: Path) -> tuple[Rounds, list[Outcome]]:
    """A round of a fresh process."""
    settings = config(repo, load, folder)
    async with Tip(settings.state_repo) as tip, Prometheus(settings.prometheus) as source:
        rounds = Rounds(tip, source, lambda: datetime.now(UTC))
        return rounds, await rounds.decide(await rounds.look())


def config(repo: StateRepo, load: Monitoring, folder: Path) -> Settings:
    return Settings(
        prometheus=PrometheusSettings(url=load.prometheus),
        state_repo=by_file(repo, folder, search_paths=("apps",)),
    )


async def passed(repo: StateRepo, load: Monitoring, folder: Path) -> Done:
    """One pass of a fresh process, which commits."""
    return await once(config(repo, load, folder), lambda: datetime.now(UTC))


async def test_three_of_two_hundred_are_scaled_in_one_commit(
    repo: StateRepo, load: Monitoring, tmp_path: Path
) -> None:
    await asyncio.to_thread(set_load, load, web_007=640, web_050=1200, web_199=340)
    done = await passed(repo, load, tmp_path)
    assert done.found.problems == []
    assert len(done.found.outcomes) == MEMBERS
    assert done.push
    [commit, _] = repo.log()
    assert commit.sha == done.push.after
    assert commit.paths == ("apps/web-007.yaml", "apps/web-050.yaml", "apps/web-199.yaml")
    assert commit.subject == "scale: web-007 3→7, web-050 3→12, web-199 3→4"
    assert '"target":"Deployment/shop/web-007","from":3,"to":7,"policy":"web"' in commit.body
    assert [count(repo, name) for name in ("web-006", "web-007", "web-050")] == [3, 7, 12]


async def test_a_member_without_a_sample_or_with_two_is_unknown_alone(
    repo: StateRepo, load: Monitoring, tmp_path: Path
) -> None:
    load.exporter.remove("load", deployment="web-001", **LABELS)
    load.exporter.set("load", 900, deployment="web-002", pod="x", **LABELS)
    load.exporter.set("load", 900, deployment="stranger", **LABELS)
    await asyncio.to_thread(load.until, "count(load)", str(MEMBERS + 1))
    await asyncio.to_thread(set_load, load, web_003=900)
    rounds, outcomes = await decided(repo, load, tmp_path)
    made = {o.decision.target.name: o.decision for o in outcomes if o.decision}
    assert len(made) == MEMBERS
    assert {name for name, one in made.items() if one.errors} == {"web-001", "web-002"}
    assert made["web-001"].errors == (
        "load unknown ('load': expected one sample, got no data "
        'for deployment="web-001", namespace="shop")',
    )
    assert "got 2 series" in made["web-002"].errors[0]
    assert {name: one.desired for name, one in made.items() if one.changes} == {"web-003": 9}
    assert rounds.unclaimed == {"web": 1}


async def test_annotations_hold_for_their_member_alone(
    repo: StateRepo, load: Monitoring, tmp_path: Path
) -> None:
    asked = {
        "web-000": "{scalebridge/min-replicas: '5'}",
        "web-001": "{scalebridge/max-replicas: '6'}",
        "web-002": "{scalebridge/paused: 'true'}",
        "web-003": "{scalebridge/target-value: '50'}",
        "web-004": "{scalebridge/min-replicas: many}",
    }
    files = {f"apps/{name}.yaml": manifest(name, 3, given) for name, given in asked.items()}
    repo.write(files, "Ask for more")
    await asyncio.to_thread(set_load, load, web_001=900, web_002=900, web_003=400, web_004=900)
    done = await passed(repo, load, tmp_path)
    assert done.push
    assert [count(repo, name) for name in sorted(asked)] == [5, 6, 3, 8, 3]
    [problem] = done.found.problems
    assert problem.startswith(
        "web: Deployment/shop/web-004: apps/web-004.yaml:1: scalebridge/min-replicas: "
    )


async def test_a_persons_revert_holds_its_member_alone(
    repo: StateRepo, load: Monitoring, tmp_path: Path
) -> None:
    await asyncio.to_thread(set_load, load, web_010=900, web_011=900)
    assert (await passed(repo, load, tmp_path)).push
    assert (count(repo, "web-010"), count(repo, "web-011")) == (9, 9)
    sha = repo.write({"apps/web-010.yaml": manifest("web-010", 3)}, "Revert web-010")
    await asyncio.to_thread(set_load, load, web_010=1200, web_011=1200)
    done = await passed(repo, load, tmp_path / "elsewhere")
    assert done.push
    assert [str(made.target) for made in done.push.decisions] == ["Deployment/shop/web-011"]
    [held] = [o.decision for o in done.found.outcomes if "web-010" in o.policy.title]
    assert held
    assert held.reason.endswith(f"Robin Person set it in {sha[:12]}")


async def test_a_fall_looks_back_for_each_member(
    repo: StateRepo, load: Monitoring, tmp_path: Path
) -> None:
    window = {"scaleDown": {"stabilizationWindowSeconds": 3}}
    repo.write({"policies/web.yaml": fleet(behavior=window)}, "Look back three seconds")
    await asyncio.to_thread(set_load, load, web_020=100)

    async def settled() -> dict[str, str]:
        _, outcomes = await decided(repo, load, tmp_path)
        return {
            o.decision.target.name: o.decision.reason
            for o in outcomes
            if o.decision and o.decision.desired != 3
        }

    fallen: dict[str, str] = {}
    for _ in range(100):
        if fallen := await settled():
            break
        await asyncio.sleep(0.2)
    assert fallen.keys() == {"web-020"}
    assert fallen["web-020"].startswith("load 100 at 100 per replica asks for 1")


async def test_an_annotation_that_changed_meanwhile_voids_its_members_decision(
    repo: StateRepo, load: Monitoring, tmp_path: Path
) -> None:
    await asyncio.to_thread(set_load, load, web_040=900, web_041=900)
    settings, now = config(repo, load, tmp_path), datetime.now(UTC)
    async with Tip(settings.state_repo) as tip, Prometheus(settings.prometheus) as source:
        rounds = Rounds(tip, source, lambda: now)
        view = await rounds.look()
        outcomes = await rounds.decide(view)
        made = [o.decision for o in outcomes if o.decision and o.decision.changes]
        paused = manifest("web-040", 3, "{scalebridge/paused: 'true'}")
        repo.write({"apps/web-040.yaml": paused}, "Not this one")
        await rounds.look()
        publisher = BranchPublisher(tip, BRIDGE, lambda: now, rounds.policies_at)
        published = await publisher.publish(made, view.places.governing)
    assert [(str(d.decision.target), d.why) for d in published.dropped] == [
        ("Deployment/shop/web-040", "its policy changed meanwhile")
    ]
    assert (count(repo, "web-040"), count(repo, "web-041")) == (3, 9)


def test_the_service_shows_members_by_target(
    repo: StateRepo, load: Monitoring, tmp_path: Path
) -> None:
    set_load(load, web_030=640)
    given = {"url": repo.url}
    with running(configured(tmp_path, load.prometheus, given)) as program:
        program.until("committed", subject="scale: web-030 3→7")
        told = program.until("decided", policy="web", target="Deployment/shop/web-030")
        assert (told["current"], told["desired"]) == (3, 7)
        status = program.status()
        exported = program.page("/metrics")
    assert len(status["decisions"]) == MEMBERS
    assert {one["policy"] for one in status["decisions"]} == {"web"}
    labels = 'kind="Deployment",name="web-000",namespace="shop",policy="web",repo=""'
    assert f"scalebridge_committed_replicas{{{labels}}} 3.0" in exported
    assert 'scalebridge_fleet_unclaimed_samples{policy="web",repo=""} 0.0' in exported
    assert not program.seen("metrics_unknown")
