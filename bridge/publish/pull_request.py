"""One open pull request per group of policies, brought up to date in place, closed when void.

The forge and our own branches are the only memory: a fresh process finds what is open, what it
proposes, and what people closed. While one is open, nothing of it is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Final

from bridge.commit.edits import Edit, edits_on
from bridge.commit.proposal import is_void, proposal_text, proposed, void
from bridge.decide.decision import Decision
from bridge.errors import BridgeError, ManifestUnsupported, RemoteUnavailable
from bridge.publish.case import Case, Event, Orders, Proposal, Wanted, standing
from bridge.publish.drafting import Drafts
from bridge.publish.forge import Forge, PullRequest
from bridge.publish.writing import Side, Writer
from bridge.repo.side import Head
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo

_REST: Final = timedelta(seconds=60)  # reviewers get mail for each change of a pull request


class PullRequests:
    """Settles all groups; use from one task."""

    def __init__(
        self,
        repo: StateRepo,
        forge: Forge,
        writing: tuple[Drafts, Writer],
        orders_at: Callable[[Snapshot], Awaitable[Orders]],
        folder: str,
    ) -> None:
        self._repo = repo
        self._forge = forge
        self._drafts, self._writer = writing
        self._orders_at = orders_at
        self._folder = f"{folder}/{repo.settings.branch}"
        self.rest = _REST

    async def settle(self, wanted: Wanted) -> list[Proposal]:
        """Brings every group's pull request in line with what is wanted now.

        A group that fails is told so, and takes no other along.

        Raises:
            ConfigInvalid, RemoteRefused, RemoteUnavailable: the remote was not reached.
        """
        tips = await self._repo.at_side(lambda sides: sides.tips(self._folder))
        groups = sorted({*tips, *(group for group, some in wanted.decisions.items() if some)})
        if not groups:
            return []
        snapshot = await self._repo.look()
        orders = await self._orders_at(snapshot)
        settled: list[Proposal] = []
        for group in groups:
            try:
                case = await self._case(group, tips.get(group, ""), snapshot, orders)
                settled += await self._settle(case, wanted)
            except BridgeError as error:
                settled.append(Proposal(group=group, event="failed", request=None, error=error))
                if isinstance(error, RemoteUnavailable):
                    break  # the others would fail as well, or were asked to wait too
        return settled

    async def _case(self, group: str, tip: str, snapshot: Snapshot, orders: Orders) -> Case:
        branch = f"{self._folder}/{group}"
        head = await self._repo.at_side(lambda sides: sides.head(branch, tip)) if tip else None
        seen = await asyncio.to_thread(self._forge.seen, branch, exists=bool(tip))
        return Case(group, branch, snapshot, orders, head, seen)

    async def _settle(self, case: Case, wanted: Wanted) -> list[Proposal]:
        if case.head and not case.head.ours:
            note = "a person committed to it: it is left to them"
            return [_proposal(case, "taken_over", case.seen.open, note=note)]
        decisions, refused = await self._allowed(case, standing(case, wanted))
        targets = [decision.target for decision in decisions]
        edits, _ = edits_on(await self._repo.located(case.snapshot, targets), decisions)
        proposals = [
            _proposal(case, "refused", request, of, f"{request.name} was closed")
            for request, of in refused
        ]
        if not edits:
            return [*proposals, *await self._ended(case, keep=bool(refused))]
        if case.seen.open is None and await self._moved(case):
            return proposals  # perhaps it was merged after the look: then nothing is to be proposed
        return [*proposals, await self._proposed(case, edits)]

    async def _moved(self, case: Case) -> bool:
        return (await self._repo.look()).tip != case.snapshot.tip

    async def _allowed(
        self, case: Case, decisions: Sequence[Decision]
    ) -> tuple[list[Decision], list[tuple[PullRequest, tuple[Decision, ...]]]]:
        """A person who closed one said no; for how long is the policies' `overrideHold`."""
        left, refused = list(decisions), []
        for request in case.seen.closed:
            if not left or is_void(request.body):
                continue
            said_no = {(made.policy, made.target) for made in proposed(request.body)}
            held = [d for d in left if (d.policy, str(d.target)) in said_no]
            held = [d for d in held if self._holds(case, d, request)]
            changed = await self._changed_since(case, request) if held else set()
            held = [d for d in held if case.orders.paths.get(d.policy) not in changed]
            if held:
                gone = {d.title for d in held}
                left = [d for d in left if d.title not in gone]
                refused.append((request, tuple(held)))
        return left, refused

    def _holds(self, case: Case, decision: Decision, request: PullRequest) -> bool:
        hold = timedelta(seconds=case.orders.policies[decision.title].spec.override_hold)
        return request.closed_at is not None and self._drafts.clock() < request.closed_at + hold

    async def _changed_since(self, case: Case, request: PullRequest) -> set[str]:
        """The files touched after the closing: a policy that changed is a newer order."""
        if request.closed_at is None:
            return set()
        now = self._drafts.clock()
        history = await self._repo.history(case.snapshot, request.closed_at, now)
        return {change.path for commit in history for change in commit.changes}

    async def _ended(self, case: Case, *, keep: bool) -> list[Proposal]:
        """Nothing is left to propose: closed as void; the branch goes, unless people said no."""
        request, head = case.seen.open, case.head
        if request and head and self._fresh(head):
            return [_proposal(case, "waiting", request, note="void; it is closed in a minute")]
        why = "its decisions don't hold any more."
        if request:
            await asyncio.to_thread(self._forge.close, request, void(request.body, why))
        if head and not keep:
            await self._repo.at_side(lambda sides: sides.delete(case.branch, head.sha))
        return [_proposal(case, "closed", request, note=why)] if request else []

    async def _proposed(self, case: Case, edits: Sequence[Edit]) -> Proposal:
        request, head = case.seen.open, case.head
        decisions = tuple(edit.decision for edit in edits)
        current = head is not None and await self._is_current(case, head, edits)
        if request and head and (current or self._fresh(head)):
            return _proposal(case, "waiting", request, decisions)
        text = proposal_text(decisions, case.group)
        sha = head.sha if head and current else await self._pushed(case, edits)
        if request:
            renewed = await asyncio.to_thread(self._forge.rewrite, request, text, sha)
            return _proposal(case, "updated", renewed, decisions)
        opened = await asyncio.to_thread(self._forge.open, case.branch, text)
        return _proposal(case, "opened", opened, decisions)

    async def _pushed(self, case: Case, edits: Sequence[Edit]) -> str:
        text = proposal_text([edit.decision for edit in edits], case.group)
        options = self._forge.push_options(text, exists=case.head is not None)
        drafted = await self._drafts.of(edits, case.snapshot)
        paths = {edit.place.path for edit in edits}
        refused = {self._writer.refusal(path, case.snapshot) for path in paths} - {""}
        refused |= {one.why for one in drafted.dropped}
        if drafted.draft is None or refused:
            raise ManifestUnsupported("; ".join(sorted(refused)))
        side = Side(case.branch, case.head.sha if case.head else "", options)
        return await self._writer.to_side(drafted.draft, case.snapshot, side)

    async def _is_current(self, case: Case, head: Head, edits: Iterable[Edit]) -> bool:
        """It does the same, on files that the base has not touched since, and can be merged."""
        counts = {(str(e.decision.target), e.decision.committed, e.decision.desired) for e in edits}
        if {(made.target, made.from_, made.to) for made in head.decisions} != counts:
            return False
        if head.parent == case.snapshot.tip:
            return True
        touched = await self._repo.at_side(
            lambda sides: sides.paths_between(head.parent, case.snapshot.tip)
        )
        if touched is None or touched & {edit.place.path for edit in edits}:
            return False
        if case.seen.open is None:
            return True
        return not await asyncio.to_thread(self._forge.outdated, case.seen.open)

    def _fresh(self, head: Head) -> bool:
        return self._drafts.clock() < head.at + self.rest


def _proposal(
    case: Case,
    event: Event,
    request: PullRequest | None,
    decisions: tuple[Decision, ...] = (),
    note: str = "",
) -> Proposal:
    return Proposal(group=case.group, event=event, request=request, decisions=decisions, note=note)
