"""Commit statuses on GitHub: those of deployers confirm a commit, those of a CI don't."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bridge.publish.commit_status import CommitStatuses
from bridge.publish.github import GitHubApi
from bridge.publish.push import Push
from bridge.settings.state_repo import StateRepoSettings
from bridge.trigger.report import Report
from tests.parts.github import Fault, GitHub
from tests.parts.state_repo import StateRepo

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
AT = "2026-03-04T11:59:30Z"


def status(context: str, state: str, **more: Any) -> dict[str, Any]:
    """As GitHub shows one; null where nobody described it."""
    shown = {"context": context, "state": state, "description": None, "updated_at": AT}
    return {**shown, "url": "", "target_url": None, **more}


async def reports(hub: GitHub, commit: str, *contexts: str) -> list[Report]:
    """What they say of it."""
    remote = StateRepoSettings(url=hub.url_of(hub.repo.path))
    api = GitHubApi(remote, lambda: hub.password)
    push = Push("", commit, "scale: web 1→2", (), ())
    told = await CommitStatuses(api, contexts).reports(push, NOW)
    assert not hub.misunderstood
    return told


async def test_each_pattern_is_a_subject(hub: GitHub, state_repo: StateRepo) -> None:
    tip = state_repo.tip()
    hub.statuses[tip] = [
        status("kustomization/apps/1a2b", "success", description="succeeded"),
        status("kustomization/infra/1a2b", "success"),
        status("argocd/web", "failure", description="sync failed"),
        status("ci/build", "failure"),
    ]
    live, failed, silent = await reports(hub, tip, "kustomization/*", "argocd/web", "argocd/api")
    assert live == Report(
        source="commit_status",
        subject="kustomization/*",
        state="live",
        revision=tip,
        text="kustomization/apps/1a2b success: succeeded; kustomization/infra/1a2b success: ",
        at=datetime(2026, 3, 4, 11, 59, 30, tzinfo=UTC),
    )
    assert (failed.state, failed.text) == ("failed", "argocd/web failure: sync failed")
    expected = replace(live, subject="argocd/api", state="underway", text="no such status yet")
    assert silent == replace(expected, at=None)


async def test_one_that_is_pending_keeps_all_waiting(hub: GitHub, state_repo: StateRepo) -> None:
    tip = state_repo.tip()
    hub.statuses[tip] = [status("kustomization/a", "success"), status("kustomization/b", "pending")]
    [told] = await reports(hub, tip, "kustomization/*")
    assert told.state == "underway"


async def test_what_went_wrong_is_a_report(hub: GitHub, state_repo: StateRepo) -> None:
    hub.faulty("GET", Fault(502, "Bad Gateway"))
    [told] = await reports(hub, state_repo.tip(), "*")
    assert (told.state, told.revision) == ("underway", "")
    assert told.text.endswith("/api/v3: 502: Bad Gateway")
    [told] = await reports(hub, "f" * 40, "*")
    assert "422: No commit found for SHA" in told.text
