"""One pass without a service: `plan` shows what would be committed, `once` commits it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime

from bridge.commit.edits import Dropped, Edit, edits_on, spliced
from bridge.decide.decision import Decision
from bridge.errors import BridgeError
from bridge.evaluate.prometheus import Prometheus
from bridge.manifest.target import Target
from bridge.notify.reconcilers import Reconcilers
from bridge.notify.told import Told
from bridge.observe.status import Status
from bridge.policy.shard import WHOLE, Shard
from bridge.publish.case import Proposal
from bridge.publish.drafting import originals
from bridge.publish.push import Push
from bridge.repo.state_repo import StateRepo
from bridge.service.approvals import Approvals
from bridge.service.opening import Opening
from bridge.service.outcome import Outcome
from bridge.service.proposing import Proposing
from bridge.service.rounds import Rounds
from bridge.service.view import View
from bridge.settings.configuration import Settings


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass found."""

    tip: str
    outcomes: tuple[Outcome, ...]
    broken_policies: Mapping[str, str]
    suspended: tuple[str, ...]

    @property
    def decisions(self) -> list[Decision]:
        """Those that change something."""
        return [o.decision for o in self.outcomes if o.decision and o.decision.changes]

    @property
    def held(self) -> list[Decision]:
        """Those that respect somebody's order."""
        return [o.decision for o in self.outcomes if o.decision and o.decision.hold]

    @property
    def problems(self) -> list[str]:
        """What a person should look at: broken policies, targets not found, unknown metrics."""
        found = list(self.broken_policies.values())
        for outcome in self.outcomes:
            errors = outcome.decision.errors if outcome.decision else (outcome.problem,)
            found += [f"{outcome.policy.title}: {error}" for error in errors]
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """A pass and the files as they are and as they would be."""

    found: Pass
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    dropped: tuple[Dropped, ...] = ()
    asks: Mapping[str, Sequence[Decision]] = field(default_factory=dict)
    """By pull request's group, what a person would have to approve."""
    waits_until: datetime | None = None
    """When the commit budget has room for it; None: now."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of the pull requests, or why they were not reached."""

    proposals: tuple[Proposal, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """A pass, its commit if there was one, and what became of the rest."""

    found: Pass
    push: Push | None
    dropped: tuple[Dropped, ...] = ()
    told: tuple[Told, ...] = ()
    waiting: tuple[Decision, ...] = ()
    waits_until: datetime | None = None
    """When the commit budget has room for what waits."""
    proposed: Proposed = Proposed()


async def plan(settings: Settings, clock: Callable[[], datetime]) -> Plan:
    """Decides for every policy and changes nothing.

    Raises:
        RemoteRefused, RemoteUnavailable, PolicyInvalid: nothing could be read.
    """
    async with AsyncExitStack() as parts:
        repo, found, view, rounds = await _pass(parts, Opening(settings, clock))
        targets = [decision.target for decision in found.decisions]
        index = await repo.located(view.snapshot, targets)
        edits, dropped = edits_on(index, found.decisions)
        before = await originals(repo, view.snapshot, edits)
        splice = spliced(edits, before)
        approvals = Approvals(settings.publish)
        approvals.take_in(_governed(view), found.outcomes)
        return Plan(
            found,
            before,
            splice.contents,
            (*dropped, *splice.dropped),
            approvals.wanted().decisions,
            await _opens_at(rounds, view, edits, clock()),
        )


async def _opens_at(
    rounds: Rounds, view: View, edits: Sequence[Edit], now: datetime
) -> datetime | None:
    """When the commit budget has room for the edits; None: now."""
    budget = await rounds.budget_at(view.snapshot)
    raises = any(edit.decision.raises for edit in edits)
    return budget.opens_at(now, raises=raises) if budget and edits else None


async def once(settings: Settings, clock: Callable[[], datetime], shard: Shard = WHOLE) -> Done:
    """Decides for every policy (of a shard) and commits at once, without any debounce.

    Raises:
        RemoteRefused, RemoteUnavailable, PolicyInvalid, PushRejected: nothing was committed.
    """
    async with AsyncExitStack() as parts:
        opening = Opening(settings, clock, shard=shard)
        repo, found, view, rounds = await _pass(parts, opening)
        proposing = Proposing(opening.publishers(repo, rounds), settings.publish, Status(clock()))
        proposing.take_in(_governed(view), found.outcomes)
        published = await proposing.publish(found.decisions, view.places.governing)
        done = Done(
            found,
            published.push,
            published.dropped,
            waiting=published.waiting,
            waits_until=published.waits_until,
            proposed=await _proposed(proposing),
        )
        if published.push is None:
            return done
        reconcilers = Reconcilers(settings.reconcilers, settings.state_repo)
        told = await reconcilers.tell(published.push)
        return replace(done, told=tuple(told))


async def _proposed(proposing: Proposing) -> Proposed:
    """A forge that fails takes nothing from what was pushed."""
    try:
        settled = await proposing.settle()
    except BridgeError as error:
        return Proposed(problems=(str(error),))
    failed = tuple(str(one.error) for one in settled if one.error)
    return Proposed(tuple(one for one in settled if not one.error), failed)


def _governed(view: View) -> set[Target]:
    return {p.target for p in view.places.governing.values() if not p.is_fleet}


async def _pass(parts: AsyncExitStack, opening: Opening) -> tuple[StateRepo, Pass, View, Rounds]:
    repo = await parts.enter_async_context(opening.state_repo())
    prometheus = await parts.enter_async_context(Prometheus(opening.settings.prometheus))
    rounds = opening.rounds(repo, prometheus)
    view = await rounds.look()
    policies = view.policies.by_name
    outcomes = await rounds.decide(view)
    suspended = tuple(name for name, policy in policies.items() if policy.spec.suspend)
    found = Pass(view.snapshot.tip, tuple(outcomes), view.policies.errors, suspended)
    return repo, found, view, rounds
