"""Argo CD: what an application's status says of our commit, however it came to us.

Source: argo-cd docs, "Automated sync semantics"; pkg/apis/application/v1alpha1 types.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, Field

from bridge.trigger.notification import parsed
from bridge.trigger.report import Report, State, commit_of

_MOST_TEXT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an application stands."""

    subject: str
    sync: str = ""
    health: str = ""
    phase: str = ""
    """Of its last operation; empty where there was none."""
    compared: str = ""
    """The commit that `sync` is about."""
    operated: str = ""
    """The commit of its last operation."""
    message: str = ""
    retries: bool = False
    """Whether a failed sync is tried again with the same commit."""
    at: datetime | None = None
    """When the operation was over and the health what it is."""

    def report(self) -> Report:
        """The same as anybody tells it."""
        state, revision, text = self._verdict()
        at = self.at if revision == self.operated else None
        return Report(
            source="argocd",
            subject=self.subject,
            state=state,
            revision=commit_of(revision),  # a chart's is its version
            text=text[:_MOST_TEXT],
            at=at,
        )

    def _verdict(self) -> tuple[State, str, str]:
        """Live: the operation succeeded or none was needed, and it is healthy."""
        has_failed = self.phase in ("Failed", "Error")
        as_compared = self.sync == "Synced" and self.health == "Healthy"
        is_settled = self.phase not in ("Running", "Terminating")
        its_own_failed = has_failed and self.operated == self.compared  # such as a PostSync hook
        if as_compared and is_settled and not its_own_failed:
            return "live", self.compared, ""
        if has_failed:
            again = "" if self.retries else "; Argo CD does not try the same commit again"
            return "failed", self.operated, f"sync {self.phase}: {self.message}{again}"
        if self.health == "Healthy" and self.phase == "Succeeded":
            return "live", self.operated, f"{self.sync} at a newer revision"
        said = ", ".join(filter(None, (self.sync, self.health, self.phase)))
        return "underway", self.operated, f"{said}: {self.message}" if self.message else said


class _Notification(BaseModel):
    app: str = Field(min_length=1)
    namespace: str = ""
    sync: str | None = None
    health: str | None = None
    phase: str | None = None
    revision: str | None = Field(description="of the last operation")
    message: str | None = None


def parse_argocd(body: bytes) -> Report:
    """A notification by the template of docs/argocd.md.

    Raises:
        PayloadInvalid: what is wrong with it, for the sender's log.
    """
    told = parsed(_Notification, body, "the notification of docs/argocd.md")
    return Standing(
        subject="/".join(filter(None, (told.namespace, told.app))),
        sync=told.sync or "",
        health=told.health or "",
        phase=told.phase or "",
        compared=told.revision or "",
        operated=told.revision or "",
        message=told.message or "",
    ).report()
