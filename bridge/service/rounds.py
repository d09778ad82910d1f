"""One round: look at the state repo, ask the metrics, decide. `run`, `once` and `plan` share it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bridge.decide.decide import decide, window_to_know
from bridge.decide.decision import Decision
from bridge.decide.override import Override
from bridge.decide.recall import Known, Scaled
from bridge.errors import ManifestUnsupported, PolicyInvalid
from bridge.evaluate.asking import Asking, MetricsSource
from bridge.evaluate.reading import Observation, Past
from bridge.manifest.target import Target
from bridge.policy.loading import Policies, is_policy_file, load_policies
from bridge.policy.model import ScalingPolicy
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo
from bridge.service.people import Managed, overrides


@dataclass(frozen=True, slots=True)
class View:
    """The branch's tip, and the policies that hold there."""

    snapshot: Snapshot
    policies: Policies


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one policy: a decision, or the problem that prevents one."""

    policy: ScalingPolicy
    decision: Decision | None = None
    problem: str = ""

    @property
    def kind(self) -> str:
        """In one word: change, steady, held (something is unknown) or failed."""
        if self.decision is None:
            return "failed"
        if self.decision.changes:
            return "change"
        return "held" if self.decision.errors else "steady"


@dataclass(frozen=True, slots=True)
class Memory:
    """What the log says of the targets."""

    changes: Mapping[str, Sequence[Scaled]]
    overrides: Mapping[Target, Override]


class Rounds:
    """Looks, asks and decides; changes nothing."""

    def __init__(
        self, repo: StateRepo, metrics: MetricsSource, clock: Callable[[], datetime]
    ) -> None:
        self._repo = repo
        self._metrics = metrics
        self._clock = clock

    async def look(self) -> View:
        """Fetches the tip and reads the policies.

        Raises:
            RemoteRefused, RemoteUnavailable: see there.
            PolicyInvalid: the local folder of policies can't be read.
        """
        snapshot = await self._repo.look()
        return View(snapshot, await read_policies(self._repo, snapshot))

    async def decide(self, view: View, names: Iterable[str] | None = None) -> list[Outcome]:
        """A decision for each policy (of these names) that is not suspended."""
        wanted = view.policies.by_name if names is None else set(names)
        active = [
            policy
            for name, policy in view.policies.by_name.items()
            if name in wanted and not policy.spec.suspend
        ]
        if not active:
            return []
        now = self._clock()
        asking = Asking(self._metrics, now)
        memory = await self._remember(view, active, now)
        return await asyncio.gather(*(self._outcome(p, view, asking, memory) for p in active))

    async def _outcome(
        self, policy: ScalingPolicy, view: View, asking: Asking, memory: Memory
    ) -> Outcome:
        try:
            committed = view.snapshot.index.find(policy.target).count.value
        except ManifestUnsupported as refusal:
            return Outcome(policy, problem=str(refusal))
        moment = await asking.moment(policy)
        window = window_to_know(policy, moment, committed)
        past = await asking.past(policy, window) if window else Past()
        known = Known(
            committed,
            tuple(memory.changes.get(str(policy.target), ())),
            memory.overrides.get(policy.target),
        )
        return Outcome(policy, decide(policy, Observation(moment, past), known))

    async def _remember(
        self, view: View, policies: Sequence[ScalingPolicy], now: datetime
    ) -> Memory:
        """The log, as far back as any policy's rules look."""
        longest = max(_memory_s(policy) for policy in policies)
        history = await self._repo.history(view.snapshot, now - timedelta(seconds=longest))
        changes: dict[str, list[Scaled]] = {}
        for commit in history:
            for made in commit.decisions:
                scaled = Scaled(commit.at, made.to - made.from_)
                changes.setdefault(made.target, []).append(scaled)
        managed = [item for policy in policies if (item := _managed(policy, view))]
        return Memory(changes, await overrides(self._repo, managed, history))


def _managed(policy: ScalingPolicy, view: View) -> Managed | None:
    try:
        place = view.snapshot.index.find(policy.target)
    except ManifestUnsupported:
        return None
    path = view.policies.paths[policy.name]
    return Managed(policy, path if path in view.snapshot.files else None, place.path)


def _memory_s(policy: ScalingPolicy) -> float:
    spec = policy.spec
    rules = (*spec.behavior.scale_up.policies, *spec.behavior.scale_down.policies)
    return max(spec.in_flight_timeout, spec.override_hold, *(r.period_seconds for r in rules))


async def read_policies(repo: StateRepo, snapshot: Snapshot) -> Policies:
    """The policies of the tip, or of the local folder that the configuration names.

    Raises:
        PolicyInvalid: the local folder can't be read.
    """
    if folder := repo.settings.policies_folder:
        return load_policies(await asyncio.to_thread(read_folder, folder))
    below = snapshot.below(repo.settings.policies_path)
    blobs = {path: blob for path, blob in below.items() if is_policy_file(path)}
    contents = await repo.read(sorted(set(blobs.values())))
    files = {path: contents[blob] for path, blob in blobs.items()}
    policies = load_policies(files)
    if not policies.errors:
        return policies
    earlier = {path: await repo.earlier(snapshot, path) for path in policies.errors}
    return load_policies(files, earlier)


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
