"""Straight to the branch: compare-and-swap, and a lost race is redone on the new tip."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Self

from bridge.batch.budget import Budget
from bridge.commit.edits import Dropped, Edit, edits_on
from bridge.decide.decision import Decision
from bridge.decide.override import Hold
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy
from bridge.publish.drafting import Drafts
from bridge.publish.push import Published, Push
from bridge.publish.races import redone
from bridge.publish.writing import GitWriter, Writer
from bridge.repo.fast_import import Identity
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo

Policies = Mapping[str, ScalingPolicy]
PoliciesAt = Callable[[Snapshot], Awaitable[Policies]]
BudgetAt = Callable[[Snapshot], Awaitable[Budget | None]]
HeldAt = Callable[[Snapshot], Awaitable[Mapping[Target, Hold]]]


class BranchPublisher:
    """Turns batches into commits on the state repo's branch."""

    def __init__(
        self,
        repo: StateRepo,
        author: Identity,
        clock: Callable[[], datetime],
        policies_at: PoliciesAt,
        writer: Writer | None = None,
    ) -> None:
        self._policies_at = policies_at
        self._budget_at: BudgetAt | None = None
        self._held_at: HeldAt | None = None
        self._repo = repo
        self._drafts = Drafts(repo, author, clock)
        self._writer = writer or GitWriter(repo)

    def within(self, budget_at: BudgetAt) -> Self:
        """The same, kept to the budget of the tip that a push builds on.

        So instances that share a branch share it exactly.
        """
        self._budget_at = budget_at
        return self

    def heeding(self, held_at: HeldAt) -> Self:
        """The same, with people's orders at the tip that a push builds on.

        A count that was changed and taken back meanwhile looks like the one decided on.
        """
        self._held_at = held_at
        return self

    async def publish(self, decisions: Sequence[Decision], policies: Policies) -> Published:
        """One commit with all decisions that still hold; rivals are waited out, within a time.

        First on the tip as we know it, since the push itself finds out whether it is still that.

        A decision holds while its policy is as it was (`policies`, by title), its target's count
        is the one it was made on, and nobody ordered another one.

        Raises:
            PushRejected: rivals kept winning for as long as the repo's timeout.
            RemoteRefused, RemoteUnavailable: see there.
        """
        return await redone(
            lambda lost: self._attempt(decisions, policies, lost), self._repo.settings.timeout
        )

    async def _attempt(
        self, decisions: Sequence[Decision], policies: Policies, lost: int
    ) -> Published:
        snapshot = await (self._repo.look() if lost else self._repo.latest())
        edits, dropped = await self._standing(decisions, policies, snapshot)
        if not edits:
            return Published(None, tuple(dropped))
        left = tuple(edit.decision for edit in edits)
        raises = any(decision.raises for decision in left)
        budget = await self._budget_at(snapshot) if self._budget_at else None
        if budget and (opens := budget.opens_at(self._drafts.clock(), raises=raises)):
            return Published(None, tuple(dropped), budget, left, opens)
        drafted = await self._drafts.of(edits, snapshot)
        dropped += drafted.dropped
        draft = drafted.draft
        if draft is None:
            return Published(None, tuple(dropped), budget)
        commit = await self._writer.to_branch(draft, snapshot)
        push = Push(
            before=snapshot.tip,
            after=commit,
            subject=draft.message.partition("\n")[0],
            files=tuple(sorted(draft.contents)),
            decisions=drafted.decisions,
            races_lost=lost,
        )
        return Published(push, tuple(dropped), budget)

    async def _standing(
        self, decisions: Sequence[Decision], policies: Policies, snapshot: Snapshot
    ) -> tuple[list[Edit], list[Dropped]]:
        """The edits of the decisions that hold on the snapshot, and the others."""
        current = await self._policies_at(snapshot)
        held = await self._held_at(snapshot) if self._held_at else {}
        same: list[Decision] = []
        dropped: list[Dropped] = []
        for decision in decisions:
            if current.get(decision.title) != policies[decision.title]:
                dropped.append(Dropped(decision, "its policy changed meanwhile"))
            elif hold := held.get(decision.target):
                why = hold.override.reason(policies[decision.title])
                dropped.append(Dropped(decision, why))
            else:
                same.append(decision)
        index = await self._repo.located(snapshot, [decision.target for decision in same])
        edits, overtaken = edits_on(index, same)
        return self._writable(edits, snapshot, [*dropped, *overtaken])

    def _writable(
        self, edits: Sequence[Edit], snapshot: Snapshot, dropped: list[Dropped]
    ) -> tuple[list[Edit], list[Dropped]]:
        """Without files that whoever makes the commit can't keep as they are."""
        left = []
        for edit in edits:
            if why := self._writer.refusal(edit.place.path, snapshot):
                dropped.append(Dropped(edit.decision, why))
            else:
                left.append(edit)
        return left, dropped
