"""One pass without a service: `plan` shows what would be committed, `once` commits it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from bridge.commit.edits import Dropped, edits_on, spliced
from bridge.decide.decision import Decision
from bridge.evaluate.prometheus import Prometheus
from bridge.notify.reconcilers import Reconcilers, Told
from bridge.publish.branch import BranchPublisher, originals
from bridge.publish.push import Push
from bridge.repo.fast_import import Identity
from bridge.repo.state_repo import StateRepo
from bridge.service.rounds import Outcome, Rounds, View
from bridge.service.sources import alert_source
from bridge.settings import Settings


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


@dataclass(frozen=True, slots=True)
class Done:
    """A pass, its commit if there was one, and what became of the rest."""

    found: Pass
    push: Push | None
    dropped: tuple[Dropped, ...] = ()
    told: tuple[Told, ...] = ()


async def plan(settings: Settings, clock: Callable[[], datetime]) -> Plan:
    """Decides for every policy and changes nothing.

    Raises:
        RemoteRefused, RemoteUnavailable, PolicyInvalid: nothing could be read.
    """
    async with AsyncExitStack() as parts:
        repo, found, view, _ = await _pass(parts, settings, clock)
        edits, dropped = edits_on(view.snapshot.index, found.decisions)
        before = await originals(repo, view.snapshot, edits)
        return Plan(found, before, spliced(edits, before), tuple(dropped))


async def once(settings: Settings, clock: Callable[[], datetime]) -> Done:
    """Decides for every policy and commits at once, without any debounce.

    Raises:
        RemoteRefused, RemoteUnavailable, PolicyInvalid, PushRejected: nothing was committed.
    """
    async with AsyncExitStack() as parts:
        repo, found, view, rounds = await _pass(parts, settings, clock)
        if not found.decisions:
            return Done(found, None)
        author = Identity(settings.commit.name, settings.commit.email)
        publisher = BranchPublisher(repo, author, clock, rounds.policies_at)
        published = await publisher.publish(found.decisions, view.places.governing)
        if published.push is None:
            return Done(found, None, published.dropped)
        reconcilers = Reconcilers(settings.reconcilers, settings.state_repo)
        told = await reconcilers.tell(published.push)
        return Done(found, published.push, published.dropped, tuple(told))


async def _pass(
    parts: AsyncExitStack, settings: Settings, clock: Callable[[], datetime]
) -> tuple[StateRepo, Pass, View, Rounds]:
    repo = await parts.enter_async_context(StateRepo(settings.state_repo))
    prometheus = await parts.enter_async_context(Prometheus(settings.prometheus))
    rounds = Rounds(repo, prometheus, clock, alert_source(settings, prometheus))
    view = await rounds.look()
    policies = view.policies.by_name
    outcomes = await rounds.decide(view)
    suspended = tuple(name for name, policy in policies.items() if policy.spec.suspend)
    found = Pass(view.snapshot.tip, tuple(outcomes), view.policies.errors, suspended)
    return repo, found, view, rounds
