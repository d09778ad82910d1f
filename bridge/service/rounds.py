"""One round: look at the state repo, ask the metrics, decide. `run`, `once` and `plan` share it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Self

from bridge.batch.budget import HOUR, Budget
from bridge.decide.decide import decide
from bridge.decide.override import Hold
from bridge.decide.recall import Known
from bridge.decide.window import window_to_know
from bridge.decide.wishes import Wished
from bridge.errors import ManifestUnsupported
from bridge.evaluate.alerts import Alerts, AlertSource
from bridge.evaluate.asking import Asking
from bridge.evaluate.questions import MetricsSource
from bridge.evaluate.reading import Observation, Past
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy
from bridge.policy.shard import WHOLE, Shard
from bridge.publish.case import Orders
from bridge.repo.snapshot import Commit, Snapshot
from bridge.repo.state_repo import StateRepo
from bridge.service.memory import Memory, Recollection
from bridge.service.outcome import Outcome, adopted, with_moves
from bridge.service.placing import placed, targets_of
from bridge.service.policies import read_policies
from bridge.service.rollouts import RolloutLog
from bridge.service.slices import Slices
from bridge.service.view import View, by_name

_AT_A_TIME = 50
"""Policies whose questions are under way at once."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a decision rests on, and the metrics' past over both windows, needed or not."""

    observation: Observation
    known: Known
    windows: Past


class Rounds:
    """Looks, asks and decides; changes nothing."""

    def __init__(
        self,
        repo: StateRepo,
        metrics: MetricsSource,
        clock: Callable[[], datetime],
        commits_per_hour: int | None = None,
        alerts: AlertSource | None = None,
    ) -> None:
        self._repo = repo
        self._metrics = metrics
        self._clock = clock
        self._commits_per_hour = commits_per_hour
        self._recollection = Recollection(repo, alerts)
        self._rollouts = RolloutLog()
        self._view: View | None = None
        self.slices = Slices()
        self._shard = WHOLE
        self.unclaimed: dict[str, int] = {}
        """By fleet: how many samples of its last round named none of its members."""

    def of(self, shard: Shard) -> Self:
        """The same, of a share of the targets."""
        self._shard = shard
        return self

    async def look(self) -> View:
        """Fetches the tip and reads the policies.

        Raises:
            RemoteRefused, RemoteUnavailable: see there.
            PolicyInvalid: the local folder of policies can't be read.
        """
        return await self.view_of(await self._repo.look())

    async def view_of(self, snapshot: Snapshot) -> View:
        """The policies at a snapshot; the last one's are remembered."""
        known = self._view
        if known and known.snapshot.tip == snapshot.tip and not self._repo.settings.policies_folder:
            return known
        policies = await read_policies(self._repo, snapshot)
        index = await self._repo.located(snapshot, targets_of(policies.by_name))
        places = await asyncio.to_thread(placed, policies.by_name, index)
        places = places.of_shard(self._shard)
        self._view = View(replace(snapshot, index=index), policies, places)
        self.unclaimed = {n: some for n, some in self.unclaimed.items() if n in policies.by_name}
        return self._view

    async def remember(self, view: View) -> None:
        """Reads what the log tells of its targets, so that no alert has to wait for that."""
        if view.managed:
            await self._recollection.reaching(view, self._clock(), Alerts())

    async def policies_at(self, snapshot: Snapshot) -> Mapping[str, ScalingPolicy]:
        """The policies that hold at a snapshot, each for one target of this share, by title."""
        return (await self.view_of(snapshot)).places.governing

    async def orders_at(self, snapshot: Snapshot) -> Orders:
        """All policies of all shares, in which files people wrote them, and what they hold."""
        view = await self.view_of(snapshot)
        held = await self.held(view.whole)
        return Orders(view.whole.places.governing, view.policies.paths, held)

    async def budget_at(self, snapshot: Snapshot) -> Budget | None:
        """What of the commit budget is spent there, whoever's decisions it went to.

        None where the configuration sets no limit.
        """
        if self._commits_per_hour is None:
            return None
        now = self._clock()
        history = await self._repo.history(snapshot, now - HOUR, now)
        where = self._repo.settings.searched
        ours = (commit for commit in history if commit.decisions)
        spent = tuple(one.at for one in ours if any(where(c.path) for c in one.changes))
        return Budget(self._commits_per_hour, spent)

    async def decide(self, view: View, names: Iterable[str] | None = None) -> list[Outcome]:
        """A decision for each target of each policy (of these names) that is not suspended."""
        wanted = view.policies.by_name if names is None else set(names)
        places = view.places
        active = {
            title: policy
            for title, policy in places.governing.items()
            if policy.name in wanted and not policy.spec.suspend
        }
        lost = [
            Outcome(policy, problem=places.problems[title])
            for title, policy in active.items()
            if title in places.problems
        ]
        found = [policy for title, policy in active.items() if title in places.found]
        return [*lost, *await self._decided(found, view)] if found else lost

    async def _decided(self, found: Sequence[ScalingPolicy], view: View) -> Iterable[Outcome]:
        """Of policies whose targets' counts were found; a bug in one ends the work on all."""
        now = self._clock()
        asking = Asking(self._metrics, now, found)
        memory = await self._recollection.of(view, now)
        by_policy = by_name(found)
        decided: dict[str, list[Outcome]] = {name: [] for name in by_policy}
        left = iter(by_policy.items())

        async def work() -> None:
            for name, policies in left:
                decided[name] = await self._outcomes(policies, view, asking, memory)

        async with asyncio.TaskGroup() as workers:
            for _ in range(min(_AT_A_TIME, len(by_policy))):
                workers.create_task(work())
        return chain.from_iterable(decided.values())

    async def _outcomes(
        self, policies: Sequence[ScalingPolicy], view: View, asking: Asking, memory: Memory
    ) -> list[Outcome]:
        """Of a policy for one target, or of a fleet's members."""
        outcomes = []
        for policy in policies:
            await self.slices.turn()
            outcomes.append(await self._outcome(policy, view, asking, memory))
        if policies[0].is_member:
            name = policies[0].name
            self.unclaimed[name] = asking.unclaimed(view.whole.by_policy[name])
        return outcomes

    async def held(self, view: View) -> dict[Target, Hold]:
        """The holds that are respected now, by target; asks no metric."""
        now = self._clock()
        memory = await self._recollection.reaching(view, now, Alerts())
        if not (memory.overrides or memory.pauses):
            return {}
        return {
            item.target: Hold(order, order.until(item.policy))
            for item in view.managed
            if (order := memory.override_of(item.target, _count(view, item.policy)))
            and order.holds(item.policy, now)
        }

    async def held_at(self, snapshot: Snapshot) -> dict[Target, Hold]:
        """The same at a snapshot."""
        return await self.held(await self.view_of(snapshot))

    @property
    def history(self) -> Sequence[Commit]:
        """The log as the last round read it, newest first."""
        return self._recollection.history

    async def seen(self, view: View, policy: ScalingPolicy) -> Seen:
        """What a decision by this policy, suspended or not, rests on; its count has a place.

        Raises:
            ManifestUnsupported: Git holds no count there yet, so that there is no decision.
        """
        place = view.places.found[policy.title]
        if place.count.value is None:
            raise ManifestUnsupported(
                f"{place}: Git holds no count yet: the first will be what runs"
            )
        asking = Asking(self._metrics, self._clock())
        memory = await self._recollection.of(view, asking.now)
        wished = Wished(policy)
        observation, known = await self._known(wished, place.count.value, asking, memory)
        dead_time = known.rollouts.dead_time
        windows = wished.order(dead_time).windows
        past = await asking.past(policy, max(windows.up, windows.down), dead_time)
        return Seen(observation, known, past)

    async def _outcome(
        self, policy: ScalingPolicy, view: View, asking: Asking, memory: Memory
    ) -> Outcome:
        place = view.places.found[policy.title]
        committed = place.count.value
        if committed is None:
            return await adopted(policy, place, asking)
        wished = Wished(policy)
        observation, known = await self._known(wished, committed, asking, memory)
        made = with_moves(decide(policy, observation, known, wished), place)
        now, timeout = observation.now, policy.spec.in_flight_timeout
        return Outcome(policy, made, "", now, known.in_flight_since(now.at, now.ready, timeout))

    async def _known(
        self, wished: Wished, committed: int, asking: Asking, memory: Memory
    ) -> tuple[Observation, Known]:
        policy = wished.policy
        changes = memory.changes_of(policy.target)
        rollouts = await self._rollouts.of(policy, changes, asking)
        moment = await asking.moment(policy, rollouts.dead_time)
        await self.slices.turn()  # one answer may wake many
        window = window_to_know(policy, moment, committed, rollouts.dead_time, wished)
        past = await asking.past(policy, window, rollouts.dead_time) if window else Past()
        known = Known(committed, changes, memory.override_of(policy.target, committed), rollouts)
        return Observation(moment, past, memory.alerts), known


def _count(view: View, policy: ScalingPolicy) -> int | None:
    return view.places.found[policy.title].count.value
