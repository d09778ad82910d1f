"""Straight to the branch: compare-and-swap, and a lost race is redone on the new tip."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from bridge.commit.edits import Dropped, edits_on
from bridge.decide.decision import Decision
from bridge.errors import PushRejected
from bridge.policy.model import ScalingPolicy
from bridge.publish.drafting import Drafts
from bridge.publish.push import Published, Push
from bridge.publish.writing import GitWriter, Writer
from bridge.repo.fast_import import Identity
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo

_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 2.0


Policies = Mapping[str, ScalingPolicy]
PoliciesAt = Callable[[Snapshot], Awaitable[Policies]]


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
        self._repo = repo
        self._drafts = Drafts(repo, author, clock)
        self._writer = writer or GitWriter(repo)

    async def publish(self, decisions: Sequence[Decision], policies: Policies) -> Published:
        """One commit with all decisions that still hold; rivals are waited out, within a time.

        First on the tip as we know it, since the push itself finds out whether it is still that.

        A decision holds while its policy is as it was (`policies`, by title) and its target's
        count is the one it was made on.

        Raises:
            PushRejected: rivals kept winning for as long as the repo's timeout.
            RemoteRefused, RemoteUnavailable: see there.
        """
        deadline = asyncio.get_running_loop().time() + self._repo.settings.timeout
        pause, lost = _FIRST_PAUSE_S, 0
        while True:
            try:
                return await self._attempt(decisions, policies, lost)
            except PushRejected:
                if asyncio.get_running_loop().time() > deadline:
                    raise
            lost += 1
            await asyncio.sleep(pause * random.random())  # noqa: S311  # jitter, no secret
            pause = min(2 * pause, _LONGEST_PAUSE_S)

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
        index = await self._repo.located(snapshot, [decision.target for decision in same])
        edits, overtaken = edits_on(index, same)
        dropped = [*changed, *overtaken]
        if not edits:
            return Published(None, tuple(dropped))
        draft = await self._drafts.of(edits, snapshot)
        commit = await self._writer.to_branch(draft, snapshot)
        push = Push(
            before=snapshot.tip,
            after=commit,
            subject=draft.message.partition("\n")[0],
            files=tuple(sorted(draft.contents)),
            decisions=tuple(edit.decision for edit in edits),
            races_lost=lost,
        )
        return Published(push, tuple(dropped))
