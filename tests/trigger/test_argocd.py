"""What an application's status says of a commit, as its semantics have it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.errors import PayloadInvalid
from bridge.trigger.argocd import Standing, parse_argocd

OURS, OTHER = "a" * 40, "b" * 40
DONE = datetime(2026, 3, 4, 12, tzinfo=UTC)
LIVE: dict[str, Any] = {
    "sync": "Synced",
    "health": "Healthy",
    "phase": "Succeeded",
    "compared": OURS,
    "operated": OURS,
}
FAILED = "sync Failed: bad field"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, ("live", OURS, ""), id="synced and healthy"),
        pytest.param({"phase": "", "operated": ""}, ("live", OURS, ""), id="nothing to do"),
        pytest.param({"compared": OTHER}, ("live", OTHER, ""), id="compared since"),
        pytest.param(
            {"sync": "OutOfSync", "compared": OTHER},
            ("live", OURS, "OutOfSync at a newer revision"),
            id="a newer one waits",
        ),
        pytest.param(
            {"phase": "Running"}, ("underway", OURS, "Synced, Healthy, Running"), id="running"
        ),
        pytest.param(
            {"health": "Progressing"},
            ("underway", OURS, "Synced, Progressing, Succeeded"),
            id="not healthy yet",
        ),
        pytest.param(
            {"health": "Degraded", "message": "ProgressDeadlineExceeded"},
            ("underway", OURS, "Synced, Degraded, Succeeded: ProgressDeadlineExceeded"),
            id="degraded",
        ),
        pytest.param(
            {"sync": "OutOfSync", "phase": "Failed", "message": "bad field"},
            ("failed", OURS, f"{FAILED}; Argo CD does not try the same commit again"),
            id="failed for good",
        ),
        pytest.param(
            {"sync": "OutOfSync", "phase": "Failed", "message": "bad field", "retries": True},
            ("failed", OURS, FAILED),
            id="failed and tried again",
        ),
        pytest.param(
            {"phase": "Failed", "message": "bad field"},
            ("failed", OURS, f"{FAILED}; Argo CD does not try the same commit again"),
            id="applied, and a hook failed",
        ),
        pytest.param(
            {"phase": "Failed", "compared": OTHER}, ("live", OTHER, ""), id="failed before"
        ),
        pytest.param(
            {"sync": "Unknown", "health": "Healthy", "phase": "", "operated": ""},
            ("underway", "", "Unknown, Healthy"),
            id="nobody knows",
        ),
    ],
)
def test_live_is_synced_succeeded_and_healthy(
    changed: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    told = Standing(subject="application web", at=DONE, **{**LIVE, **changed}).report()
    assert (told.state, told.revision, told.text) == expected
    assert told.at == (DONE if told.revision == {**LIVE, **changed}["operated"] else None)


@pytest.mark.parametrize("revision", ["1.2.3", "--all", "main", OURS[:7]])
def test_what_is_no_commit_is_no_revision(revision: str) -> None:
    told = Standing(subject="web", **{**LIVE, "compared": revision, "operated": revision}).report()
    assert (told.state, told.revision) == ("live", "")


def test_a_notification_is_a_report() -> None:
    given = {"app": "web", "namespace": "argocd", "revision": OURS, "sync": "Synced"}
    whole = {**given, "health": "Healthy", "phase": "Succeeded", "message": "successfully synced"}
    told = parse_argocd(json.dumps(whole).encode())
    assert (told.source, told.subject) == ("argocd", "argocd/web")
    assert (told.state, told.revision) == ("live", OURS)


def test_what_is_no_notification_is_told() -> None:
    with pytest.raises(PayloadInvalid, match=r"docs/argocd\.md: revision: Field required"):
        parse_argocd(b'{"app": "web"}')
