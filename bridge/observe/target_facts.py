"""What is shown of targets: where each stands and why, its past, the commits that changed it."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from bridge.observe.facts import Facts
from bridge.observe.rows import State


class HoldFacts(Facts):
    """An order by a person that a decision respects, or a quarrel that it stays out of."""

    count: int
    since: datetime
    until: datetime
    by: str
    commit: str
    url: str | None = Field(description="the commit's page at the forge, where that is a known one")
    pause: bool = Field(description="whether it was asked for, and changed no count")
    rivals: tuple[str, ...] = Field(description="those who keep undoing each other's changes")


class TargetFacts(Facts):
    """A target, as the last round that looked at it left it."""

    id: str
    repo: str = Field(description="the state repo's name; empty where there is only one")
    target: str
    policy: str
    state: State
    live: int | None = Field(description="ready replicas; null: unknown")
    live_error: str
    committed: int | None = Field(description="what Git says; null: no count, or none was read")
    desired: int | None
    reasons: tuple[str, ...] = Field(description="every step of the last decision")
    errors: tuple[str, ...] = Field(description="what could not be known")
    problem: str = Field(description="why nothing can be decided")
    hold: HoldFacts | None
    in_flight_since: datetime | None
    waiting: bool = Field(description="whether its change waits for the next commit")
    raised_by: tuple[str, ...] = Field(description="alerts and schedules that hold a minimum")
    dead_time: float | None = Field(description="measured seconds from commit to ready")
    stuck_rollout: str
    at: datetime | None = Field(description="when it was looked at last")


class StepFacts(Facts):
    """One reason of a decision, and the field of the policy that asked for it."""

    text: str
    field: str = Field(description="such as spec.behavior.scaleDown; empty where none did")


class MetricFacts(Facts):
    """What a metric said last."""

    name: str
    value: float | None
    error: str


class SampleFacts(Facts):
    """One moment of the chart."""

    at: datetime
    live: int | None
    committed: int | None
    desired: int | None
    load: float | None


class CommitFacts(Facts):
    """A commit of the branch that scaled, released or paused something."""

    repo: str
    commit: str
    at: datetime
    subject: str
    author: str
    targets: tuple[str, ...]
    url: str | None = Field(description="its page at the forge, where that is a known one")
    confirmed: dict[str, str] = Field(description="by reconciler: live, underway and so on")


class CommitList(Facts):
    """Newest first."""

    commits: tuple[CommitFacts, ...]


class TargetDetail(Facts):
    """All of one target."""

    target: TargetFacts
    steps: tuple[StepFacts, ...] = Field(description="the last decision, step by step")
    metrics: tuple[MetricFacts, ...]
    chart: tuple[SampleFacts, ...] = Field(
        description="the last two hours at most, since this process started"
    )
    commits: tuple[CommitFacts, ...]


class TargetPage(Facts):
    """A page of the targets that were asked for."""

    targets: tuple[TargetFacts, ...]
    page: int
    pages: int
    matching: int
    total: int
    states: dict[State, int] = Field(description="how many of all targets are in each")
