"""What is shown, as values with a schema: the page renders them, the API sends them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from bridge.observe.credentials import Credential
from bridge.observe.rows import State
from bridge.observe.sources import Health, Kind


class Facts(BaseModel):
    """Camel case, as the policies' fields."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class SourceFacts(Facts):
    """Somebody who is asked or told."""

    kind: Kind
    name: str
    where: str
    health: Health
    answered: datetime | None
    failed: datetime | None
    error: str


class SourceList(Facts):
    """Prometheus, Alertmanager, the state repos, the reconcilers."""

    sources: tuple[SourceFacts, ...]


class CredentialFacts(Facts):
    """A credential whose end is known."""

    credential: Credential
    repo: str = Field(description="whose it is; empty where it is the server's, or the only one's")
    ends: datetime
    renewed: bool = Field(description="whether the service renews it by itself")


class CredentialList(Facts):
    """The server's certificate and the Apps' tokens."""

    credentials: tuple[CredentialFacts, ...]


class ConfirmationFacts(Facts):
    """What a source says of our newest commit that it knows of."""

    repo: str
    source: str = Field(description="a reconciler, flux, commit_status or ready (replicas)")
    commit: str
    url: str | None = Field(description="its page at the forge, where that is a known one")
    state: Literal["live", "applied", "underway", "failed"]
    text: str
    seconds: float | None = Field(description="from commit to live, where that was seen")
    expected: datetime | None = Field(description="when it goes on, where a sync window is shut")
    stuck: str = Field(description="why it, or an older commit, is stuck; empty: none is")


class ConfirmationList(Facts):
    """One for each source that has said anything."""

    confirmations: tuple[ConfirmationFacts, ...]


class ChangeFacts(Facts):
    """One change of a batch."""

    id: str
    target: str
    committed: int | None
    desired: int


class BudgetFacts(Facts):
    """What is left of the commits of an hour."""

    commits_per_hour: int
    used_last_hour: int
    scale_ups_wait_until: datetime | None
    scale_downs_wait_until: datetime | None


class BatchFacts(Facts):
    """What waits to be committed to one state repo."""

    repo: str
    due: datetime | None
    size: int
    changes: tuple[ChangeFacts, ...] = Field(description="the first 20")
    budget: BudgetFacts | None


class BatchList(Facts):
    """One for each state repo."""

    batches: tuple[BatchFacts, ...]


class BrokenPolicy(Facts):
    """A policy file that can't be used; its last good version goes on."""

    repo: str
    path: str
    error: str = Field(description="with file, line and field")


class ProposalFacts(Facts):
    """A pull request of ours, in words."""

    repo: str
    text: str
    url: str | None


class RepoFacts(Facts):
    """A state repo."""

    name: str
    tip: str
    url: str | None = Field(description="the tip's page at the forge, where that is a known one")
    last_pass: datetime | None
    lost: bool = Field(description="whether it can't be read; what was read last goes on")
    unpushed: bool = Field(description="whether the last commit could not be pushed")
    troubles: tuple[str, ...] = Field(
        description="of fetching, pushing and pull requests, and commits that don't get live"
    )
    conflicts: tuple[str, ...] = Field(description="what else has a say over governed counts")


class Overview(Facts):
    """The service as a whole."""

    version: str
    started: datetime
    shard: str = Field(description="such as 2/5: which share of the targets is decided here")
    elsewhere: int = Field(description="targets of the other shares, which are not listed here")
    now: datetime
    ready: bool
    hung: tuple[str, ...] = Field(description="what a loop is at for too long; /healthz fails")
    total: int
    states: dict[State, int]
    repos: tuple[RepoFacts, ...]
    broken_policies: tuple[BrokenPolicy, ...]
    proposals: tuple[ProposalFacts, ...]


class Done(Facts):
    """What an action came to."""

    action: str
    target: str
    said: str
    commit: str | None = Field(description="the commit it made; null: it made none")
    url: str | None = None


class Fault(Facts):
    """Why not."""

    error: str
