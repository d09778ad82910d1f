"""One round: look at the state repo, ask the metrics, decide. `run`, `once` and `plan` share it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from bridge.batch.budget import HOUR, Budget
from bridge.decide.alerts import LONGEST_FIRING
from bridge.decide.decide import decide, window_to_know
from bridge.decide.override import Hold, Override
from bridge.decide.recall import Known, Scaled
from bridge.decide.rollout import RECORD_S
from bridge.decide.wishes import order_of
from bridge.errors import ManifestUnsupported, MetricsUnavailable, PolicyInvalid
from bridge.evaluate.alerts import Alerts, AlertSource, minimum_rules
from bridge.evaluate.asking import Asking, MetricsSource
from bridge.evaluate.reading import Observation, Past
from bridge.manifest.target import Target
from bridge.policy.loading import Policies, is_policy_file, load_policies
from bridge.policy.model import ScalingPolicy
from bridge.publish.pull_request import Orders
from bridge.repo.log import REMEMBERED
from bridge.repo.snapshot import Commit, Snapshot
from bridge.repo.state_repo import StateRepo
from bridge.service.counts import CountLog, Managed
from bridge.service.outcome import Outcome, adopted, with_moves
from bridge.service.people import overrides
from bridge.service.placing import Places, placed, targets_of
from bridge.service.rollouts import RolloutLog

_AT_A_TIME = 50
"""Members decided before the event loop serves others: some 10 ms, or 50 ms with a past."""


@dataclass(frozen=True, slots=True)
class View:
    """The branch's tip, and the policies that hold there."""

    snapshot: Snapshot
    policies: Policies
    places: Places


@dataclass(frozen=True, slots=True)
class Seen:
    """What a decision rests on, and the metrics' past over both windows, needed or not."""

    observation: Observation
    known: Known
    windows: Past


@dataclass(frozen=True, slots=True)
class Memory:
    """What the log says of the targets of a view, older than `since` forgotten; what alerts say."""

    view: View
    history: Sequence[Commit]
    changes: Mapping[Target, Sequence[Scaled]]
    overrides: Mapping[Target, Override]
    since: datetime
    alerts: Alerts

    def changes_of(self, target: Target) -> tuple[Scaled, ...]:
        """How the target's count changed, newest first."""
        return tuple(one for one in self.changes.get(target, ()) if one.at >= self.since)

    def override_of(self, target: Target) -> Override | None:
        """What a person ordered for it last."""
        order = self.overrides.get(target)
        return order if order and order.at >= self.since else None


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
        self._alerts = alerts
        self._clock = clock
        self._commits_per_hour = commits_per_hour
        self._counts = CountLog(repo)
        self._rollouts = RolloutLog()
        self._view: View | None = None
        self._memory: Memory | None = None
        self.unclaimed: dict[str, int] = {}
        """By fleet: how many samples of its last round named none of its members."""

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
        self._view = View(replace(snapshot, index=index), policies, places)
        self.unclaimed = {n: some for n, some in self.unclaimed.items() if n in policies.by_name}
        return self._view

    async def policies_at(self, snapshot: Snapshot) -> Mapping[str, ScalingPolicy]:
        """The policies that hold at a snapshot, each for one target, by title."""
        return (await self.view_of(snapshot)).places.governing

    async def orders_at(self, snapshot: Snapshot) -> Orders:
        """The same, and in which files people wrote them."""
        view = await self.view_of(snapshot)
        return Orders(view.places.governing, view.policies.paths)

    async def budget_at(self, snapshot: Snapshot) -> Budget | None:
        """What of the commit budget is spent there, whoever's decisions it went to.

        None where the configuration sets no limit.
        """
        if self._commits_per_hour is None:
            return None
        now = self._clock()
        history = await self._repo.history(snapshot, now - HOUR, now)
        spent = tuple(commit.at for commit in history if commit.decisions)
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
        managed = [_managed(p, view) for title, p in active.items() if title in places.found]
        if not managed:
            return lost
        now = self._clock()
        asking = Asking(self._metrics, now)
        memory = await self._alerted(view, now)
        by_policy: dict[str, list[ScalingPolicy]] = defaultdict(list)
        for item in managed:
            by_policy[item.policy.name].append(item.policy)
        decided = (self._outcomes(each, view, asking, memory) for each in by_policy.values())
        return [*lost, *chain.from_iterable(await asyncio.gather(*decided))]

    async def _outcomes(
        self, policies: Sequence[ScalingPolicy], view: View, asking: Asking, memory: Memory
    ) -> list[Outcome]:
        """Of a policy for one target, or of a fleet's members; others get a turn in between."""
        outcomes = []
        for number, policy in enumerate(policies):
            if number % _AT_A_TIME == _AT_A_TIME - 1:
                await asyncio.sleep(0)
            outcomes.append(await self._outcome(policy, view, asking, memory))
        if policies[0].is_member:
            self.unclaimed[policies[0].name] = asking.unclaimed(policies)
        return outcomes

    async def held(self, view: View) -> dict[Target, Hold]:
        """The holds that are respected now, by target; asks no metric."""
        now, managed = self._clock(), managed_at(view)
        if not managed:
            return {}
        memory = await self._remember(view, now, Alerts())
        return {
            item.target: Hold(order, order.until(item.policy))
            for item in managed
            if (order := memory.override_of(item.target)) and order.holds(item.policy, now)
        }

    async def held_at(self, snapshot: Snapshot) -> dict[Target, Hold]:
        """The same at a snapshot."""
        return await self.held(await self.view_of(snapshot))

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
        memory = await self._alerted(view, asking.now)
        observation, known = await self._known(policy, place.count.value, asking, memory)
        dead_time = known.rollouts.dead_time
        windows = order_of(policy, dead_time).windows
        past = await asking.past(policy, max(windows.up, windows.down), dead_time)
        return Seen(observation, known, past)

    async def _outcome(
        self, policy: ScalingPolicy, view: View, asking: Asking, memory: Memory
    ) -> Outcome:
        place = view.places.found[policy.title]
        committed = place.count.value
        if committed is None:
            return await adopted(policy, place, asking)
        decision = decide(policy, *await self._known(policy, committed, asking, memory))
        return Outcome(policy, with_moves(decision, place))

    async def _known(
        self, policy: ScalingPolicy, committed: int, asking: Asking, memory: Memory
    ) -> tuple[Observation, Known]:
        changes = memory.changes_of(policy.target)
        rollouts = await self._rollouts.of(policy, changes, asking)
        moment = await asking.moment(policy, rollouts.dead_time)
        window = window_to_know(policy, moment, committed, rollouts.dead_time)
        past = await asking.past(policy, window, rollouts.dead_time) if window else Past()
        known = Known(committed, changes, memory.override_of(policy.target), rollouts)
        return Observation(moment, past, memory.alerts), known

    async def _alerted(self, view: View, now: datetime) -> Memory:
        """What is remembered, reaching back to the beginning of any alert that fires."""
        policies = [item.policy for item in managed_at(view)]
        return await self._remember(view, now, await self._level(policies, now))

    async def _remember(self, view: View, now: datetime, alerts: Alerts) -> Memory:
        """The log, as far back as any policy's rules look, and any of these alerts.

        Worked out once while it is the same.
        """
        managed = managed_at(view)
        longest = max(_memory_s(item.policy) for item in managed)
        begins = (max(alert.since, now - LONGEST_FIRING) for alert in alerts.found)
        since = min([now - timedelta(seconds=longest), *begins]).replace(microsecond=0)
        history = await self._repo.history(view.snapshot, since, now)
        known = self._memory
        if known is None or known.view is not view or known.history[: len(history)] != history:
            self._memory = known = await self._recall(view, managed, history, since)
        return replace(known, since=since, alerts=alerts)

    async def _recall(
        self, view: View, managed: Sequence[Managed], history: Sequence[Commit], since: datetime
    ) -> Memory:
        tracks = await self._counts.tracks(managed, history)
        changes = {
            track.item.target: [moved.as_change() for moved in track.moves] for track in tracks
        }
        orders = await asyncio.to_thread(overrides, tracks, history)
        return Memory(view, history, changes, orders, since, Alerts())

    async def _level(self, policies: Sequence[ScalingPolicy], now: datetime) -> Alerts:
        """The alerts that fire now; none where no policy asks for a minimum by them."""
        rules = minimum_rules(policies)
        if not rules:
            return Alerts()
        if self._alerts is None:
            return Alerts(error="nobody to ask for them")
        try:
            return Alerts(await self._alerts.firing(rules, now))
        except MetricsUnavailable as error:
            return Alerts(error=str(error))


def managed_at(view: View) -> list[Managed]:
    """Every target that policies govern and whose count was found, also of suspended ones."""
    return [_managed(view.places.governing[title], view) for title in view.places.found]


def _managed(policy: ScalingPolicy, view: View) -> Managed:
    path = view.policies.paths[policy.name]
    policy_path = path if path in view.snapshot.files else None
    return Managed(policy, policy_path, view.places.found[policy.title].path)


def _memory_s(policy: ScalingPolicy) -> float:
    spec = policy.spec
    rules = (*spec.behavior.scale_up.policies, *spec.behavior.scale_down.policies)
    periods = (rule.period_seconds for rule in rules)
    windows = (RECORD_S, REMEMBERED.total_seconds(), spec.in_flight_timeout, spec.override_hold)
    return max(*windows, *periods)


async def read_policies(repo: StateRepo, snapshot: Snapshot) -> Policies:
    """The policies of the tip, or of the local folder that the configuration names.

    That there is none at all is an error: a mistyped path would look like peace.

    Raises:
        PolicyInvalid: the local folder can't be read.
    """
    if folder := repo.settings.policies_folder:
        files = await asyncio.to_thread(read_folder, folder)
        return load_policies(files) if files else _none(str(folder), "policies_folder")
    below = snapshot.below(repo.settings.policies_path)
    blobs = {path: blob for path, blob in below.items() if is_policy_file(path)}
    if not blobs:
        where = f"{repo.settings.policies_path} of the branch {repo.settings.branch}"
        return _none(where, "policies_path")
    contents = await repo.read(sorted(set(blobs.values())))
    files = {path: contents[blob] for path, blob in blobs.items()}
    policies = load_policies(files)
    if not policies.errors:
        return policies
    earlier = {path: await repo.earlier(snapshot, path) for path in policies.errors}
    return load_policies(files, earlier)


def _none(where: str, setting: str) -> Policies:
    why = f"{where}: no policy file (*.yaml, *.yml) is there; see state_repo.{setting}"
    return Policies(errors={where: why})


def read_folder(folder: Path) -> dict[str, bytes]:
    """The policy files below a local folder, by path.

    Raises:
        PolicyInvalid: the folder or a file can't be read.
    """
    if not folder.is_dir():
        raise PolicyInvalid(f"{folder}: no such folder of policies")
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and is_policy_file(p.name))
    try:
        return {str(path): path.read_bytes() for path in paths}
    except OSError as error:
        raise PolicyInvalid(f"{error.filename}: can't be read: {error.strerror}") from error
