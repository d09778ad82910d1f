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
    """Of policies that govern the same target still, and have no decision yet."""
    made = case.head.decisions if case.head else ()
    policies = case.orders.policies.items() if made else ()
    silent = [p for title, p in policies if title not in wanted.known and not p.is_fleet]
    governing = {(p.name, str(p.target)): p for p in silent if group_of(p) == case.group}
    for one in made:
        policy = governing.get((one.policy, one.target))
        if policy is None:
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
