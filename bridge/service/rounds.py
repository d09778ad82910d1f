"""One round: look at the state repo, ask the metrics, decide. `run`, `once` and `plan` share it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bridge.decide.decide import Scaled, decide, window_to_know
from bridge.decide.decision import Decision
from bridge.errors import ManifestUnsupported, PolicyInvalid
from bridge.evaluate.asking import Asking, MetricsSource
from bridge.evaluate.reading import Observation, Past
from bridge.policy.loading import Policies, is_policy_file, load_policies
from bridge.policy.model import ScalingPolicy
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo


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

    async def decide(self, policies: Iterable[ScalingPolicy]) -> list[Outcome]:
        """A decision for each policy that is not suspended, on the tip that was looked at last."""
        active = [policy for policy in policies if not policy.spec.suspend]
        if not active:
            return []
        now = self._clock()
        asking = Asking(self._metrics, now)
        changes = await self._changes(active, now)
        return await asyncio.gather(*(self._outcome(p, asking, changes) for p in active))

    async def _outcome(
        self, policy: ScalingPolicy, asking: Asking, changes: dict[str, list[Scaled]]
    ) -> Outcome:
        try:
            committed = self._repo.index.find(policy.target).count.value
        except ManifestUnsupported as refusal:
            return Outcome(policy, problem=str(refusal))
        moment = await asking.moment(policy)
        window = window_to_know(policy, moment, committed)
        past = await asking.past(policy, window) if window else Past()
        known = changes.get(str(policy.target), [])
        return Outcome(policy, decide(policy, Observation(moment, past), committed, known))

    async def _changes(
        self, policies: Iterable[ScalingPolicy], now: datetime
    ) -> dict[str, list[Scaled]]:
        """The log's scalings by target, as far back as any policy's rules look."""
        longest = max(_memory_s(policy) for policy in policies)
        by_target: dict[str, list[Scaled]] = {}
        for scaling in await self._repo.scalings(now - timedelta(seconds=longest)):
            made = scaling.decision
            by_target.setdefault(made.target, []).append(Scaled(scaling.at, made.to - made.from_))
        return by_target


def _memory_s(policy: ScalingPolicy) -> float:
    behavior = policy.spec.behavior
    rules = (*behavior.scale_up.policies, *behavior.scale_down.policies)
    return max(policy.spec.in_flight_timeout, *(rule.period_seconds for rule in rules))


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
    earlier = {path: await repo.earlier(path) for path in policies.errors}
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
