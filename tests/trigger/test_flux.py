"""Flux' events, in both ways that it writes a revision, signed or not."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.errors import PayloadInvalid
from bridge.trigger.flux import hub_signature_fault, parse_flux
from bridge.trigger.report import Report, commit_of

SHA = "3ebb95" + "0" * 34
EVENT: dict[str, Any] = {
    "involvedObject": {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "name": "apps",
        "namespace": "flux-system",
        "uid": "3f1e",
        "resourceVersion": "12",
    },
    "severity": "info",
    "timestamp": "2026-03-04T12:00:05Z",
    "reason": "Progressing",
    "message": "Health check passed in 4.2s",
    "metadata": {"revision": f"main@sha1:{SHA}"},
    "reportingController": "kustomize-controller",
    "reportingInstance": "kustomize-controller-7c",
}


def parsed(**changed: Any) -> Report:
    """The event with other fields."""
    return parse_flux(json.dumps({**EVENT, **changed}).encode())


def test_an_event_is_a_report() -> None:
    assert parsed() == Report(
        source="flux",
        subject="Kustomization/flux-system/apps",
        state="live",
        revision=SHA,
        text="Progressing: Health check passed in 4.2s",
        at=datetime(2026, 3, 4, 12, 0, 5, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        pytest.param({"reason": "ReconciliationSucceeded", "message": "done"}, "live", id="whole"),
        pytest.param({"message": "Deployment/shop/web configured"}, "applied", id="applied"),
        pytest.param(
            {
                "reason": "DependencyNotReady",
                "message": "Dependencies do not meet ready condition, retrying in 30s",
            },
            "underway",
            id="held up",
        ),
        pytest.param({"severity": "error", "reason": "HealthCheckFailed"}, "failed", id="failed"),
        pytest.param(
            {"involvedObject": {"kind": "GitRepository", "name": "state"}}, "underway", id="fetched"
        ),
        pytest.param(
            {"involvedObject": {"kind": "GitRepository", "name": "state"}, "severity": "error"},
            "failed",
            id="not fetched",
        ),
    ],
)
def test_severity_reason_and_message_tell_the_state(changed: dict[str, Any], state: str) -> None:
    assert parsed(**changed).state == state


@pytest.mark.parametrize(
    ("metadata", "commit"),
    [
        ({"revision": f"main@sha1:{SHA}"}, SHA),
        ({"revision": f"main/{SHA}"}, SHA),
        ({"revision": f"sha1:{SHA}"}, SHA),
        ({"revision": f"feature/x/{SHA}"}, SHA),
        ({"kustomize.toolkit.fluxcd.io/revision": f"main@sha1:{SHA}"}, SHA),
        ({"originRevision": f"main@sha1:{SHA}"}, ""),
        ({"revision": "6.5.4"}, ""),
        ({"revision": f"main@sha1:{SHA}0"}, ""),
        (None, ""),
    ],
)
def test_a_revision_is_found_however_it_is_written(
    metadata: dict[str, str] | None, commit: str
) -> None:
    assert parsed(metadata=metadata).revision == commit


def test_a_plain_commit_is_its_own() -> None:
    assert commit_of(SHA) == SHA
    assert commit_of(SHA.upper()) == ""


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[]", "not an event of Flux: body: "),
        (b'{"severity": "info"}', "not an event of Flux: involvedObject: Field required"),
        (json.dumps({**EVENT, "severity": "loud"}).encode(), "not an event of Flux: severity: "),
        (
            json.dumps({**EVENT, "timestamp": "2026-03-04T12:00:05"}).encode(),
            "not an event of Flux: timestamp: Input should have timezone info",
        ),
    ],
)
def test_what_is_no_event_is_told(body: bytes, why: str) -> None:
    with pytest.raises(PayloadInvalid) as refused:
        parse_flux(body)
    assert str(refused.value).startswith(why)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_a_signature_opens_by_any_algorithm_of_flux(algorithm: str) -> None:
    digest = hmac.digest(b"key", b"{}", algorithm).hex()
    assert hub_signature_fault("key", f"{algorithm}={digest}", b"{}") == ""
    for wrong in (digest, f"md5={digest}", f"{algorithm}={digest[:-1]}", f"{algorithm}=é", ""):
        assert hub_signature_fault("key", wrong, b"{}") == "signature missing or wrong"
    assert hub_signature_fault("other", f"{algorithm}={digest}", b"{}")
