"""Flux' events, as a Provider of type `generic` or `generic-hmac` posts them.

Source: notification-controller internal/notifier, kustomize-controller's event calls.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, Field

from bridge.trigger.notification import parsed
from bridge.trigger.report import Report, State, commit_of

FLUX_SIGNATURE: Final = "X-Signature"
_MOST_TEXT = 500
_ALGORITHMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}
_HEALTHY = ("Health check passed", "Reconciliation finished", "Update completed")
_HELD = ("DependencyNotReady",)
_DONE = ("ReconciliationSucceeded", "Succeeded")


class _Object(BaseModel):
    kind: str = Field(min_length=1)
    name: str = Field(min_length=1)
    namespace: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.kind, self.namespace, self.name)))


class _Event(BaseModel):
    involved: _Object = Field(alias="involvedObject")
    severity: Literal["info", "error", "trace"]
    timestamp: AwareDatetime
    message: str = ""
    reason: str = ""
    metadata: dict[str, str] | None = None

    @property
    def revision(self) -> str:
        """Of the key with or without the group that notification-controller strips by now."""
        for key, value in (self.metadata or {}).items():
            if key.rpartition("/")[2] == "revision":
                return commit_of(value)
        return ""

    @property
    def state(self) -> State:
        if self.severity == "error":
            return "failed"
        if self.involved.kind != "Kustomization" or self.reason in _HELD:
            return "underway"  # a source has fetched it, or what it depends on is not ready
        if self.reason in _DONE or self.message.startswith(_HEALTHY):
            return "live"
        return "applied"


def parse_flux(body: bytes) -> Report:
    """An event.

    A success as a whole is told to Git's commit statuses only; others hear of the apply, and of
    the health check where the Kustomization has one (`wait`).

    Raises:
        PayloadInvalid: what is wrong with it, for the sender's log.
    """
    event = parsed(_Event, body, "an event of Flux")
    text = f"{event.reason}: {event.message}" if event.reason else event.message
    return Report(
        source="flux",
        subject=str(event.involved),
        state=event.state,
        revision=event.revision,
        text=text[:_MOST_TEXT],
        at=event.timestamp,
    )


def hub_signature_fault(key: str, given: str, body: bytes) -> str:
    """Empty where `given` is `<algorithm>=<hex HMAC of the body>`; compares in constant time."""
    name, _, digest = given.strip().partition("=")
    algorithm = _ALGORITHMS.get(name, hashlib.sha256)
    expected = hmac.new(key.encode(), body, algorithm).hexdigest()
    same = hmac.compare_digest(digest.lower().encode(errors="surrogateescape"), expected.encode())
    return "" if same and name in _ALGORITHMS else "signature missing or wrong"
