"""The status of an Argo CD application, as its API tells it.

Source: argo-cd pkg/apis/application/v1alpha1 types.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import AwareDatetime, BaseModel, Field

from bridge.trigger.argocd import Standing


class _Revisions(BaseModel):
    revision: str = ""
    revisions: list[str] | None = None

    def of(self, place: int) -> str:
        """Of the source at that place; empty where there is none."""
        if not self.revisions:
            return self.revision
        return self.revisions[place] if place < len(self.revisions) else ""


class _Sync(_Revisions):
    status: str = ""


class _Health(BaseModel):
    status: str = ""
    message: str = ""
    last_transition_time: AwareDatetime | None = Field(None, alias="lastTransitionTime")


class _Wanted(BaseModel):
    sync: _Revisions | None = None


class _Operation(BaseModel):
    phase: str = ""
    message: str = ""
    finished_at: AwareDatetime | None = Field(None, alias="finishedAt")
    sync_result: _Revisions | None = Field(None, alias="syncResult")
    operation: _Wanted | None = None

    def revision(self, place: int) -> str:
        """What it synced, or was to sync where it failed before that."""
        wanted = self.operation.sync if self.operation else None
        given = [one.of(place) for one in (self.sync_result, wanted) if one]
        return next(filter(None, given), "")


class _Condition(BaseModel):
    type: str = ""
    message: str = ""


class ApplicationStatus(BaseModel):
    """Of the fields that say whether a commit is live."""

    sync: _Sync = _Sync()
    health: _Health = _Health()
    operation: _Operation | None = Field(None, alias="operationState")
    conditions: list[_Condition] | None = None

    def standing(self, subject: str, place: int, *, retries: bool) -> Standing:
        """Where it stands, by the revisions of the source at that place."""
        done = self.operation or _Operation()
        times = (done.finished_at, self.health.last_transition_time)
        return Standing(
            subject=subject,
            sync=self.sync.status,
            health=self.health.status,
            phase=done.phase,
            compared=self.sync.of(place),
            operated=done.revision(place),
            message=_said(done, self.health, self.conditions or ()),
            retries=retries,
            at=max(filter(None, times), default=None),
        )


def _said(done: _Operation, health: _Health, conditions: Sequence[_Condition]) -> str:
    """What is wrong, in its own words: the operation's, its conditions', its health's."""
    said = [] if done.phase == "Succeeded" else [done.message]
    said += [f"{one.type}: {one.message}" for one in conditions if one.type.endswith("Error")]
    return "; ".join(filter(None, [*said, health.message]))
