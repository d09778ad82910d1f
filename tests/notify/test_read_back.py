"""Argo CD's API read back, and its syncs, on loopback."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from bridge.notify.read_back import ArgoCDReadBack
from bridge.notify.sync_windows import SyncWindows
from bridge.notify.told import Told
from bridge.trigger.report import Report
from tests.notify.given import PUSH, REPO, told
from tests.notify.test_argocd import OURS, api, application
from tests.parts.deployers import ArgoCD

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
AUTOMATED = {"automated": {"prune": True}}
SYNCED = {
    "sync": {"status": "Synced", "revision": PUSH.after},
    "health": {"status": "Healthy", "lastTransitionTime": "2026-03-04T11:59:40Z"},
    "operationState": {
        "phase": "Succeeded",
        "finishedAt": "2026-03-04T11:59:30Z",
        "message": "successfully synced",
        "syncResult": {"revision": PUSH.after},
    },
}
WAITING = {**SYNCED, "sync": {"status": "OutOfSync", "revision": PUSH.after}}
WAITING["operationState"] = {"phase": "Succeeded", "syncResult": {"revision": PUSH.before}}


def with_policy(given: dict[str, Any], policy: dict[str, Any] | None) -> dict[str, Any]:
    """The same application with a syncPolicy."""
    return {**given, "spec": {**given["spec"], "syncPolicy": policy}}


async def reports(server: ArgoCD, **more: Any) -> list[Report]:
    """What it says of the push at noon."""
    return await ArgoCDReadBack(api(server.url, **more), REPO).reports(PUSH, NOON)


async def test_an_application_tells_revision_phase_and_health() -> None:
    with ArgoCD([application("web", "apps"), application("other", "infra")]) as server:
        server.status["web"] = SYNCED
        [report] = await reports(server)
    assert report == Report(
        source="a",
        subject="application argocd/web",
        state="live",
        revision=PUSH.after,
        at=datetime(2026, 3, 4, 11, 59, 40, tzinfo=UTC),
    )
    assert [request.path for request in server.requests] == [
        "/api/v1/applications",
        "/api/v1/applications/web",
    ]
    assert not server.refreshed


async def test_the_list_is_asked_for_once_for_each_push() -> None:
    with ArgoCD([application("web", "apps")]) as server:
        source = ArgoCDReadBack(api(server.url), REPO)
        for _ in range(3):
            await source.reports(PUSH, NOON)
    paths = [request.path for request in server.requests]
    assert (paths.count("/api/v1/applications"), len(paths)) == (1, 4)


async def test_of_several_sources_ours_counts() -> None:
    chart = {"repoURL": "https://charts.example.org", "chart": "web", "targetRevision": "1.2.3"}
    ours = {"repoURL": OURS, "path": "apps", "targetRevision": "live"}
    several = {"metadata": {"name": "web"}, "spec": {"sources": [chart, ours]}}
    both = {"revisions": ["1.2.3", PUSH.after]}
    done = {"phase": "Succeeded", "syncResult": both}
    with ArgoCD([several]) as server:
        server.status["web"] = {**SYNCED, "sync": {"status": "Synced", **both}}
        server.status["web"]["operationState"] = done
        [report] = await reports(server)
        assert (report.state, report.revision) == ("live", PUSH.after)
        del both["revisions"][1]  # Argo CD has yet to resolve it
        [report] = await reports(server)
        assert (report.state, report.revision) == ("live", "")


async def test_a_failure_and_a_condition_are_told_in_its_words() -> None:
    failed = {
        "sync": {"status": "OutOfSync", "revision": PUSH.after},
        "health": {"status": "Degraded", "message": "ProgressDeadlineExceeded"},
        "operationState": {
            "phase": "Error",
            "message": "ComparisonError",
            "operation": {"sync": {"revision": PUSH.after}},
        },
        "conditions": [
            {"type": "SyncError", "message": "retries exhausted"},
            {"type": "OrphanedResourceWarning", "message": "2 orphans"},
        ],
    }
    with ArgoCD([application("web", "apps")]) as server:
        server.status["web"] = failed
        [report] = await reports(server)
    assert (report.state, report.revision) == ("failed", PUSH.after)
    assert report.text == (
        "sync Error: ComparisonError; SyncError: retries exhausted; ProgressDeadlineExceeded; "
        "Argo CD does not try the same commit again"
    )


@pytest.mark.parametrize(
    ("policy", "text", "until"),
    [
        (AUTOMATED, "a sync window keeps it waiting until 2026-03-04 18:00 UTC", 6),
        (None, "OutOfSync, and its syncPolicy is not automated", None),
        ({"automated": {"enabled": False}}, "OutOfSync, and its syncPolicy is not automated", None),
    ],
)
async def test_what_keeps_a_sync_waiting_is_told(
    policy: dict[str, Any] | None, text: str, until: int | None
) -> None:
    closed = {"kind": "deny", "schedule": "0 8 * * *", "duration": "10h"}
    with ArgoCD([with_policy(application("web", "apps"), policy)]) as server:
        server.windows = {"activeWindows": [closed], "assignedWindows": [closed]}
        server.status["web"] = WAITING
        [report] = await reports(server)
    assert (report.text, report.revision) == (text, PUSH.before)
    assert report.until == (NOON + timedelta(hours=until) if until else None)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"token": "other"}, "HTTP 401"),
        ({"applications": ["gone"]}, 'HTTP 403: {"code": 7, "message": "no such one"}'),
        ({"url": "http://127.0.0.1:1"}, "ConnectError: All connection attempts failed"),
    ],
)
async def test_what_went_wrong_is_a_report(more: dict[str, Any], text: str) -> None:
    with ArgoCD([application("web", "apps")]) as server:
        given = api(**{"url": server.url, **more})
        [report] = await ArgoCDReadBack(given, REPO).reports(PUSH, NOON)
    assert (report.state, report.revision, report.text) == ("underway", "", text)


class Hanging(ArgoCD):
    """Never answers what is asked at a path that ends so."""

    hangs_at = ("/slow", "/web/syncwindows")

    async def _take(self, request: web.Request) -> web.Response:
        if request.path.endswith(self.hangs_at):
            await asyncio.sleep(60)
        return await super()._take(request)


async def test_one_that_hangs_keeps_nothing_of_the_others_back() -> None:
    applications = [application(name, "apps") for name in ("api", "slow", "web")]
    waits = with_policy(applications[2], AUTOMATED)
    with Hanging([*applications[:2], waits]) as server:
        server.status |= {"api": SYNCED, "web": WAITING}
        found = {one.subject: one for one in await reports(server, timeout=0.5)}
    assert found["application argocd/api"].state == "live"
    assert found["application argocd/slow"].text == "ReadTimeout: no whole answer within 0.5 s"
    assert found["application argocd/web"].revision == PUSH.before


DENY = {"kind": "deny", "schedule": "0 8 * * *", "duration": "10h"}
ALLOW = {"kind": "allow", "schedule": "30 22 * * *", "duration": "1h30m"}


@pytest.mark.parametrize(
    ("windows", "until"),
    [
        pytest.param({"canSync": True}, None, id="none"),
        pytest.param({"assignedWindows": [DENY], "activeWindows": [DENY]}, 18, id="denied"),
        pytest.param({"assignedWindows": [DENY]}, None, id="denied at other times"),
        pytest.param(
            {"activeWindows": [{**DENY, "schedule": "* * * * *", "duration": "24h"}]},
            36,
            id="denied for good",
        ),
        pytest.param({"assignedWindows": [ALLOW]}, 22.5, id="allowed later"),
        pytest.param({"assignedWindows": [ALLOW], "activeWindows": [ALLOW]}, None, id="allowed"),
        pytest.param(
            {"activeWindows": [{**DENY, "duration": f"{'9' * 30}h"}]}, None, id="for ages"
        ),
        pytest.param(
            {
                "assignedWindows": [{**DENY, "schedule": "@daily"}],
                "activeWindows": [{**DENY, "schedule": "@daily"}],
            },
            None,
            id="a schedule that we can't read",
        ),
    ],
)
def test_a_closed_window_ends(windows: dict[str, Any], until: float | None) -> None:
    expected = None if until is None else NOON.replace(hour=0) + timedelta(hours=until)
    assert SyncWindows.model_validate(windows).closed_until(NOON) == expected


async def test_only_what_does_not_sync_itself_is_synced() -> None:
    listed = [
        with_policy(application("manual", "apps"), None),
        with_policy(application("auto", "apps"), AUTOMATED),
        application("settled", "apps"),
    ]
    several = {"metadata": {"name": "two"}, "spec": {"sources": [listed[0]["spec"]["source"]]}}
    with ArgoCD([*listed, several]) as server:
        server.status = {"manual": WAITING, "auto": WAITING, "settled": SYNCED, "two": WAITING}
        assert await told(api(server.url, sync=True)) == [Told("a")]
        place = {"appNamespace": "argocd", "project": "shop"}
        synced = sorted(server.synced)
        assert synced == [("manual", {**place, "revision": PUSH.after}), ("two", {})]
        assert len(server.refreshed) == 4
        server.synced.clear()
        assert await told(api(server.url)) == [Told("a")]
    assert not server.synced


async def test_a_push_that_concerns_nothing_says_nothing() -> None:
    with ArgoCD([application("web", "apps"), application("infra", "infra")]) as server:
        push = replace(PUSH, files=("elsewhere/x.yaml",))
        source = ArgoCDReadBack(api(server.url), replace_repo())
        assert await source.reports(push, NOON) == []


def replace_repo() -> Any:
    """A state repo that no application deploys."""
    return REPO.model_copy(update={"url": "https://git.example.org/other/state"})
