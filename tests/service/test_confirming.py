"""Whether our commits are live is read back from whoever is configured, and told once."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.commands.conftest import Run, run
from tests.parts.deployers import KEY, ArgoCD
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.github import GitHub
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.service.program import Program, configured, policy, running

__all__ = ["run"]
pytestmark = pytest.mark.timeout(90)
OUTSIDE = "https://git.example.org/other/thing"
QUICK = {"poll_interval": "300ms", "timeout": "2s"}


def standing(revision: str, phase: str = "Succeeded", message: str = "") -> dict[str, Any]:
    """The status of an application after it synced this revision of ours, as Argo CD writes it."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    revisions = {"revisions": ["0" * 40, revision]}
    return {
        "sync": {"status": "Synced" if phase == "Succeeded" else "OutOfSync", **revisions},
        "health": {"status": "Healthy"},
        "operationState": {
            "phase": phase,
            "finishedAt": now,
            "syncResult": revisions,
            "message": message,
        },
        "conditions": None,
    }


@pytest.fixture
def argocd(shop: StateRepo) -> Iterator[ArgoCD]:
    """One that deploys all workloads of the shop, from two sources."""
    ours = {"repoURL": shop.url, "path": "apps", "targetRevision": "HEAD"}
    sources = [{"repoURL": OUTSIDE, "path": "apps", "targetRevision": "HEAD"}, ours]
    spec = {"project": "shop", "sources": sources, "syncPolicy": {"automated": {}}}
    with ArgoCD([{"metadata": {"name": "shop", "namespace": "argocd"}, "spec": spec}]) as server:
        yield server


def watched(program: Program) -> dict[str, Any]:
    """What the status tells of our newest commit, by source."""
    for newest in program.status()["confirmations"]["commits"]:
        return {name: one["state"] for name, one in newest["sources"].items()}
    return {}


def test_argo_cd_tells_when_a_commit_is_live(
    shop: StateRepo, fake: FakePrometheus, argocd: ArgoCD, tmp_path: Path
) -> None:
    fake.script(ANY, samples(500))
    reconciler = {"name": "argo", "type": "argocd_api", "url": argocd.url, "token": KEY}
    argocd.status["shop"] = standing(shop.tip())
    config = configured(
        tmp_path, fake.url, {"url": shop.url}, reconcilers=[reconciler], confirm=QUICK
    )
    with running(config) as program:
        first = program.until("committed")["commit"]
        program.until("notice_accepted", reconciler="argo")
        assert not program.seen("commit_live")
        shop.write({"notes.txt": "a newer tip\n"}, "Note")
        argocd.status["shop"] = standing(shop.tip())
        live = program.until("commit_live", source="argo", commit=first)
        assert 0 <= live["seconds"] < 30
        assert watched(program)["argo"] == "live"
        told = 'scalebridge_commit_to_live_seconds_count{repo="",source="argo"} 1.0'
        assert told in program.page("/metrics")


def test_argo_cd_tells_what_failed_and_that_it_does_not_try_again(
    shop: StateRepo, fake: FakePrometheus, argocd: ArgoCD, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    reconciler = {"name": "argo", "type": "argocd_api", "url": argocd.url, "token": KEY}
    config = configured(
        tmp_path, fake.url, {"url": shop.url}, reconcilers=[reconciler], confirm=QUICK
    )
    with running(config) as program:
        second = program.until("committed")["commit"]
        argocd.status["shop"] = standing(second, "Failed", message="no such field")
        stuck = program.until("rollout_stuck", source="argo")
        assert stuck["reason"] == (
            f"{second[:12]}: application argocd/shop: sync Failed: "
            "no such field; Argo CD does not try the same commit again"
        )
        assert 'scalebridge_commit_stuck{repo="",source="argo"} 1.0' in program.page("/metrics")
        assert program.status()["confirmations"]["stuck"] == {"argo": stuck["reason"]}
        argocd.status["shop"] = standing(second)
        program.until("rollout_goes_on", source="argo")
        program.until("commit_live", source="argo", commit=second)
        assert len(program.seen("rollout_stuck")) == 1
        assert program.status()["confirmations"]["stuck"] == {}


def event(revision: str, **more: Any) -> bytes:
    """An event of kustomize-controller, as notification-controller posts it."""
    return json.dumps(
        {
            "involvedObject": {
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
                "kind": "Kustomization",
                "name": "apps",
                "namespace": "flux-system",
                "uid": "b7",
            },
            "severity": "info",
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "message": "Health check passed in 4.1s",
            "reason": "Progressing",
            "metadata": {"revision": revision},
            "reportingController": "kustomize-controller",
            **more,
        }
    ).encode()


def posted(program: Program, body: bytes, key: str = KEY) -> int:
    """Flux tells it, signed; the reply."""
    digest = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Signature": f"sha256={digest}", "Gotk-Component": "kustomize-controller"}
    return httpx.post(f"{program.url}/webhooks/flux", content=body, headers=headers).status_code


def test_flux_tells_when_a_commit_is_live_and_when_it_fails(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(500))
    server = {"listen": "127.0.0.1:0", "flux": {"secret": KEY}}
    named = {**QUICK, "timeout": "60s", "flux": ["Kustomization/flux-system/apps"]}
    config = configured(tmp_path, fake.url, {"url": shop.url}, server=server, confirm=named)
    with running(config) as program:
        commit = program.until("committed")["commit"]
        before = shop.tip(f"{commit}~1")
        assert posted(program, event(f"main@sha1:{commit}"), key="guessed") == 401
        assert posted(program, b"{}") == 400
        error = {"severity": "error", "reason": "HealthCheckFailed", "message": "timeout"}
        assert posted(program, event(f"main@sha1:{commit}", **error)) == 202
        stuck = program.until("rollout_stuck", source="flux")
        said = "Kustomization/flux-system/apps: HealthCheckFailed: timeout"
        assert stuck["reason"] == f"{commit[:12]}: {said}"
        assert posted(program, event(f"main/{before}")) == 202
        program.until("rollout_goes_on", source="flux")
        assert watched(program)["flux"] == "underway"
        key = "kustomize.toolkit.fluxcd.io/revision"
        assert posted(program, event("", metadata={key: f"main/{commit}"})) == 202
        program.until("commit_live", source="flux", commit=commit)
        assert watched(program)["flux"] == "live"


def test_ready_replicas_confirm_a_commit_also_to_a_new_process(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    asks = policy("checkout", query="checkout", readyReplicasQuery="ready")
    shop.write({"policies/checkout.yaml": asks, "policies/search.yaml": None}, "Know the ready")
    fake.script("checkout", samples(500))
    fake.script("ready", samples(3))
    config = configured(tmp_path, fake.url, {"url": shop.url}, confirm=QUICK)
    with running(config) as program:
        commit = program.until("committed")["commit"]
        until(lambda: watched(program) == {"ready": "underway"})
        fake.script("ready", samples(5))
        live = program.until("commit_live", source="ready", commit=commit)
        assert live["seconds"] >= 0
        told = 'scalebridge_commit_to_live_seconds_count{repo="",source="ready"} 1.0'
        assert told in program.page("/metrics")
        assert not program.seen("rollout_stuck")
    with running(config) as program:
        program.until("commit_live", source="ready", commit=commit, seconds=None)
        assert "scalebridge_commit_to_live_seconds_count" not in program.page("/metrics")


def test_explain_asks_what_became_of_the_newest_commit(
    shop: StateRepo, fake: FakePrometheus, argocd: ArgoCD, tmp_path: Path, run: Run
) -> None:
    fake.script(ANY, samples(700))
    reconciler = {"name": "argo", "type": "argocd_api", "url": argocd.url, "token": KEY}
    config = configured(tmp_path, fake.url, {"url": shop.url}, reconcilers=[reconciler])
    assert run("once", "--config", config).exit_code == 0
    commit = shop.tip()
    argocd.status["shop"] = standing(commit, "Failed", message="no such field")
    argument = ("explain", "checkout", "--config", config)
    told = (
        f"  note: argo says of {commit[:12]}: failed, application argocd/shop: sync Failed: "
        "no such field; Argo CD does not try the same commit again\n"
    )
    assert told in run(*argument).stdout
    argocd.status["shop"] = standing(commit)
    assert f"  note: argo says of {commit[:12]}: live\n" in run(*argument).stdout


def test_a_commit_status_on_github_confirms_its_commit(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(500))
    with GitHub(shop) as hub:
        remote = {"url": hub.url_of(shop.path), "password": hub.password}
        confirm = {**QUICK, "timeout": "60s", "commit_status": ["kustomization/*"]}
        with running(configured(tmp_path, fake.url, remote, confirm=confirm)) as program:
            commit = program.until("committed")["commit"]
            until(lambda: watched(program).get("commit_status") == "underway")
            at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            shown = {"context": "kustomization/apps/1a2b", "updated_at": at, "description": ""}
            hub.statuses[commit] = [{**shown, "state": "failure"}]
            program.until("rollout_stuck", source="commit_status")
            hub.statuses[commit] = [{**shown, "state": "success"}]
            program.until("rollout_goes_on", source="commit_status")
            program.until("commit_live", source="commit_status", commit=commit)
    assert hub.misunderstood == []
