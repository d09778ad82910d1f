"""Straight to the branch: compare-and-swap, and a lost race is redone on the new tip."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from bridge.batch.budget import Budget
from bridge.commit.edits import Dropped, Edit, edits_on, spliced
from bridge.commit.message import commit_message
from bridge.decide.decision import Decision
from bridge.policy.model import ScalingPolicy
from bridge.publish.push import Published, Push
from bridge.publish.races import pushed, redone
from bridge.repo.fast_import import Draft, Identity
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo

Policies = Mapping[str, ScalingPolicy]
PoliciesAt = Callable[[Snapshot], Awaitable[Policies]]
BudgetAt = Callable[[Snapshot], Awaitable[Budget | None]]


class BranchPublisher:
    """Turns batches into commits on the state repo's branch."""

    def __init__(
        self,
        repo: StateRepo,
        author: Identity,
        clock: Callable[[], datetime],
        policies_at: PoliciesAt,
        budget_at: BudgetAt | None = None,
    ) -> None:
        self._budget_at = budget_at
        self._policies_at = policies_at
        self._repo = repo
        self._author = author
        self._clock = clock

    async def publish(self, decisions: Sequence[Decision], policies: Policies) -> Published:
        """One commit with all decisions that still hold; rivals are waited out, within a time.

        First on the tip as we know it, since the push itself finds out whether it is still that.

        A decision holds while its policy is as it was (`policies`, by title) and its target's
        count is the one it was made on. The budget is that of the tip which the push builds on,
        so instances that share a branch share it exactly.

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
        current = await self._policies_at(snapshot)
        same, changed = [], []
        for decision in decisions:
            if current.get(decision.title) == policies[decision.title]:
                same.append(decision)
            else:
                changed.append(Dropped(decision, "its policy changed meanwhile"))
        edits, overtaken = edits_on(snapshot.index, same)
        dropped = [*changed, *overtaken]
        if not edits:
            return Published(None, tuple(dropped))
        held = [edit.decision for edit in edits]
        budget = await self._budget_at(snapshot) if self._budget_at else None
        raises = any(decision.raises for decision in held)
        if budget and (opens := budget.opens_at(self._clock(), raises=raises)):
            return Published(None, tuple(dropped), budget, tuple(held), opens)
        draft = await self._draft(edits, snapshot)
        commit = await pushed(self._repo, draft, snapshot)
        push = Push(
            before=snapshot.tip,
            after=commit,
            subject=draft.message.partition("\n")[0],
            files=tuple(sorted(draft.contents)),
            decisions=tuple(held),
            races_lost=lost,
        )
        return Published(push, tuple(dropped), budget)

    async def _draft(self, edits: Sequence[Edit], snapshot: Snapshot) -> Draft:
        contents = await originals(self._repo, snapshot, edits)
        return Draft(
            parent=snapshot.tip,
            message=commit_message([edit.decision for edit in edits]),
            author=self._author,
            at=self._clock(),
            contents=spliced(edits, contents),
        )


async def originals(repo: StateRepo, snapshot: Snapshot, edits: Sequence[Edit]) -> dict[str, bytes]:
    """The files that the edits touch, as they are at the snapshot, by path."""
    blobs = {edit.place.path: snapshot.files[edit.place.path].blob for edit in edits}
    contents = await repo.read(sorted(set(blobs.values())))
    return {path: contents[blob] for path, blob in blobs.items()}
