"""Every policy's queries asked once: does each have one finite sample, for each target?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from bridge.evaluate.asking import Asking
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.reading import Moment
from bridge.policy.model import ScalingPolicy
from bridge.repo.state_repo import StateRepo
from bridge.service.finding import Finding
from bridge.service.opening import Opening
from bridge.service.policy_file import policy_file
from bridge.service.view import View

_MOST_TOLD: Final = 50
_QUERIES, _READY = "queries", "ready replicas"
_REMEDIES: Final = (
    ("got no data", "is it scraped? Where none means zero, end it with `or vector(0)`"),
    ("expected one sample", "make one of them by sum() or max()"),
    ("parse error", "try it on Prometheus' own page"),
    ("finite number", "guard it: divide by `(… > 0)`, and end it with `or vector(0)`"),
)
_NO_READY: Final = "is kube-state-metrics scraped? Otherwise give spec.readyReplicasQuery"

Progress = Callable[[int, int], None]
"""Gets how many targets were asked for, of how many."""


@dataclass(slots=True)
class _Fault:
    """What is wrong with one query of a policy: of how many of its targets, and of one of them."""

    check: str
    policy: str
    field: tuple[str | int, ...]
    what: str
    error: str
    targets: int = 0


@dataclass(slots=True)
class _Found:
    """What the answers came to so far."""

    faults: dict[tuple[object, ...], _Fault] = field(default_factory=dict)
    queries: set[str] = field(default_factory=set)
    ready: int = 0
    asked: int = 0

    def take(self, policy: ScalingPolicy, moment: Moment) -> None:
        self.asked += 1
        metrics = policy.spec.metrics
        for place, (metric, reading) in enumerate(zip(metrics, moment.readings, strict=True)):
            self.queries.add(metric.query)
            if reading.value is None:
                at = ("spec", "metrics", place, "query")
                self._note(_Fault(_QUERIES, policy.name, at, metric.name, reading.error))
        if moment.ready is not None:
            self.ready += 1
        elif any(metric.target.type == "Value" for metric in metrics):
            own = policy.spec.ready_replicas_query
            asked_by = ("spec", "readyReplicasQuery" if own else "scaleTargetRef")
            what = "a Value metric needs live ready replicas"
            self._note(_Fault(_READY, policy.name, asked_by, what, moment.ready_error))

    def _note(self, fault: _Fault) -> None:
        key = (fault.check, fault.policy, fault.field)
        self.faults.setdefault(key, fault).targets += 1

    def summary(self) -> Iterable[Finding]:
        failed = {fault.check for fault in self.faults.values()}
        if _QUERIES not in failed:
            told = f"{len(self.queries)} have one finite sample for each of {self.asked} targets"
            yield Finding(_QUERIES, ok=True, text=told)
        if _READY not in failed:
            rest = "" if self.ready == self.asked else "; the others' metrics need none"
            told = f"known of {self.ready} of {self.asked} targets{rest}"
            yield Finding(_READY, ok=True, text=told)


async def tried_queries(
    opening: Opening, limit: float, progress: Progress
) -> AsyncIterator[Finding]:
    """A finding for each query that fails, by policy, file and line, within `limit` seconds.

    Raises:
        RemoteRefused, RemoteUnavailable, PolicyInvalid: there are no policies to try.
    """
    async with (
        opening.state_repo(signs=False) as repo,
        Prometheus(opening.settings.prometheus) as prometheus,
    ):
        view = await opening.rounds(repo, prometheus).look()
        governing = view.places.governing
        policies = [governing[title] for title in view.places.found]
        active = [policy for policy in policies if not policy.spec.suspend]
        found = _Found()
        try:
            async with asyncio.timeout(limit):
                await _ask(Asking(prometheus, opening.clock()), active, found, progress)
        except TimeoutError:
            left = f"{len(active) - found.asked} of {len(active)} targets"
            told = f"{left} were not asked for within {limit:g} s; see prometheus.concurrency"
            yield Finding(_QUERIES, ok=False, text=told)
        async for finding in _faults(repo, view, list(found.faults.values())):
            yield finding
        for finding in found.summary() if found.asked == len(active) else ():
            yield finding


async def _faults(repo: StateRepo, view: View, faults: list[_Fault]) -> AsyncIterator[Finding]:
    for fault in faults[:_MOST_TOLD]:
        yield Finding(fault.check, ok=False, text=await _told(repo, view, fault))
    if (more := len(faults) - _MOST_TOLD) > 0:
        yield Finding(_QUERIES, ok=False, text=f"and {more} more")


async def _ask(
    asking: Asking, policies: list[ScalingPolicy], found: _Found, progress: Progress
) -> None:
    async def one(policy: ScalingPolicy) -> None:
        found.take(policy, await asking.moment(policy))
        progress(found.asked, len(policies))

    async with asyncio.TaskGroup() as all_of_them:
        for policy in policies:
            all_of_them.create_task(one(policy))


async def _told(repo: StateRepo, view: View, fault: _Fault) -> str:
    document = await policy_file(repo, view, fault.policy)
    where = f"{document.name}:{document.line(fault.field)}"
    of_how_many = f" (and {fault.targets - 1} more of its targets)" if fault.targets > 1 else ""
    return f"{where}: {fault.policy}: {fault.what}: {fault.error}{_remedy(fault)}{of_how_many}"


def _remedy(fault: _Fault) -> str:
    if fault.check == _READY and fault.field[-1] == "scaleTargetRef":
        return f"; {_NO_READY}"
    if fault.check == _READY and "got no data" in fault.error:
        return "; is it scraped?"
    return next((f"; {what}" for error, what in _REMEDIES if error in fault.error), "")
