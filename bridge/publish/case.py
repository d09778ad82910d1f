"""A group's case: what people ask for, what was decided, what is open, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bridge.commit.approval import group_of
from bridge.decide.decision import Decision, Step
from bridge.errors import BridgeError
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy
from bridge.publish.forge import PullRequest, Seen
from bridge.repo.side import Head
from bridge.repo.snapshot import Snapshot
from bridge.repo.trailers import ScaleDecision

Event = Literal["opened", "updated", "waiting", "refused", "taken_over", "closed", "failed"]


@dataclass(frozen=True, slots=True)
class Orders:
    """What people ask for at a snapshot."""

    policies: Mapping[str, ScalingPolicy]
    """Each for one target, by title."""
    paths: Mapping[str, str]
    """The policies' files, by name."""
    held: Container[Target] = ()
    """Whose counts somebody ordered."""

    def of(self, made: ScaleDecision) -> ScalingPolicy | None:
        """The policy that such a decision came from, if it governs the same target still."""
        named = (p for p in self.policies.values() if p.name == made.policy)
        governing = (policy for policy in named if not policy.is_fleet)
        return next((p for p in governing if str(p.target) == made.target), None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was decided of late and needs an approval, by group."""

    decisions: Mapping[str, Sequence[Decision]]
    policies: Mapping[str, ScalingPolicy]
    """All that were decided by, by title, whether or not anything is wanted."""

    @property
    def known(self) -> Collection[str]:
        """Policies with a decision; what is proposed for the others stays as it is."""
        return self.policies.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What became of a group's pull request."""

    group: str
    event: Event
    request: PullRequest | None
    decisions: tuple[Decision, ...] = ()
    note: str = ""
    error: BridgeError | None = None
    """Why the group was not reached."""


@dataclass(frozen=True, slots=True)
class Case:
    """A group, its branch, and what is known of them."""

    group: str
    branch: str
    snapshot: Snapshot
    orders: Orders
    head: Head | None
    seen: Seen = field(default_factory=Seen)


def standing(case: Case, wanted: Wanted) -> list[Decision]:
    """What is wanted of policies that are as they were, and what was proposed for unknown ones.

    Without what people ordered otherwise, also after it was decided.
    """
    policies = case.orders.policies
    made = [
        decision
        for decision in wanted.decisions.get(case.group, ())
        if policies.get(decision.title) == wanted.policies[decision.title]
    ]
    return [d for d in (*made, *_kept(case, wanted)) if d.target not in case.orders.held]


def _kept(case: Case, wanted: Wanted) -> Iterator[Decision]:
    for one in case.head.decisions if case.head else ():
        policy = case.orders.of(one)
        if policy is None or policy.title in wanted.known or group_of(policy) != case.group:
            continue
        yield Decision(
            target=policy.target,
            policy=policy.name,
            current=one.to if one.from_ is None else one.from_,
            desired=one.to,
            adopts=one.from_ is None,
            steps=(Step(one.reason),),
            fleet=policy.is_member,
        )
