"""The second half of the service: decisions gather in a batch, the batch becomes one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bridge.batch.batcher import Batcher
from bridge.batch.budget import Budget
from bridge.errors import BridgeError
from bridge.manifest.target import Target
from bridge.notify.reconcilers import Reconcilers
from bridge.observe import metrics
from bridge.observe.status import Status
from bridge.policy.model import ScalingPolicy
from bridge.publish.push import Published, Publisher, Push
from bridge.service.outcome import Outcome

log = structlog.get_logger()

_REFUSED_PAUSE_S = 60.0
_LONGEST_SLEEP_S = 60.0
"""Between two heartbeats while nothing waits."""
_OVERSLEPT_S = 5.0
"""Who wakes so much later was stopped meanwhile: what was decided before is a guess by now."""


class Committing:
    """Gathers, publishes, tells the reconcilers. A failed batch is dropped: ticks decide again."""

    def __init__(
        self,
        batcher: Batcher,
        publisher: Publisher,
        reconcilers: Reconcilers,
        status: Status,
        clock: Callable[[], datetime],
    ) -> None:
        self._batcher = batcher
        self._publisher = publisher
        self._reconcilers = reconcilers
        self._status = status
        self._clock = clock
        self._policies: dict[str, ScalingPolicy] = {}
        self._budget: Budget | None = None
        self._changed = asyncio.Event()
        self._paused_until = float("-inf")
        self._stopping = False

    def take_in(self, governed: Collection[Target], outcomes: Sequence[Outcome]) -> None:
        """Adds a round's decisions, and drops those whose policy is gone."""
        now = asyncio.get_running_loop().time()
        self._batcher.keep(governed)
        for outcome in outcomes:
            if outcome.decision is not None:
                self._batcher.put(outcome.decision, now)
                self._policies[outcome.policy.title] = outcome.policy
        self._note_waiting()
        self._changed.set()

    def stop(self) -> None:
        """Commits what waits without waiting for more; `run` returns afterwards."""
        self._stopping = True
        self._changed.set()

    async def run(self, after_push: Callable[[], None]) -> None:
        """Publishes each batch when it is due, until `stop`; `after_push` follows each push."""
        async with asyncio.TaskGroup() as telling:  # no batch waits for a slow reconciler
            await self._publish_when_due(after_push, telling)

    async def _publish_when_due(
        self, after_push: Callable[[], None], telling: asyncio.TaskGroup
    ) -> None:
        while not self._stopping:
            if await self._is_due():
                self._status.progress.alive("commit")
                await self._publish(after_push, telling)
        await self._publish(after_push, telling)

    async def _is_due(self) -> bool:
        """Waits until the batch is due, or for news of it; not for ever without a heartbeat."""
        due, begun = self._due_at(), asyncio.get_running_loop().time()
        awake = begun + _LONGEST_SLEEP_S
        self._status.progress.alive("commit", rests=_LONGEST_SLEEP_S)
        try:
            async with asyncio.timeout_at(awake if due is None else min(due, awake)):
                await self._changed.wait()
            self._changed.clear()
        except TimeoutError:
            if due is None or due > awake:
                return False
            return not self._overslept(max(due, begun))
        return False

    def _overslept(self, due: float) -> bool:
        """Whether the batch's time is long past; then it is dropped, and ticks decide anew."""
        if asyncio.get_running_loop().time() - due < _OVERSLEPT_S:
            return False
        for decision in self._batcher.take():
            why = "the process was stopped meanwhile"
            log.info("decision_dropped", target=str(decision.target), why=why)
        self._note_waiting()
        return True

    def _due_at(self) -> float | None:
        """In the loop's time: when the batch is due and, as far as we know, the budget open."""
        due = self._batcher.due_at
        raises = any(decision.raises for decision in self._batcher.waiting)
        now = self._clock()
        opens = self._budget.opens_at(now, raises=raises) if self._budget else None
        if due is None or opens is None:
            return due
        left = (opens - now).total_seconds()
        return max(due, asyncio.get_running_loop().time() + left)

    async def _publish(self, after_push: Callable[[], None], telling: asyncio.TaskGroup) -> None:
        since, batch = self._batcher.since, self._batcher.take()
        _note_batch(len(batch), since)
        self._note_waiting()
        policies = {decision.title: self._policies[decision.title] for decision in batch}
        self._policies.clear()
        if not batch or asyncio.get_running_loop().time() < self._paused_until:
            return
        try:
            with metrics.publish_seconds.labels().time(), self._status.progress.at("publish"):
                published = await self._publisher.publish(batch, policies)
        except BridgeError as error:
            self._fail(error, [str(decision.target) for decision in batch])
            return
        self._status.push_error = ""
        self._budget = published.budget
        self._report(published)
        self._wait(published, policies)
        if published.push:
            after_push()
            telling.create_task(self._tell(published.push))

    def _wait(self, published: Published, policies: Mapping[str, ScalingPolicy]) -> None:
        """What waits for the budget stays in the batch, for the next ticks to decide anew."""
        if not published.waiting:
            return
        self._batcher.put_back(published.waiting, asyncio.get_running_loop().time())
        for decision in published.waiting:
            self._policies.setdefault(decision.title, policies[decision.title])
        self._note_waiting()
        targets = [str(decision.target) for decision in published.waiting]
        log.info("waiting_for_budget", targets=targets, until=str(published.waits_until))

    def _fail(self, error: BridgeError, targets: Sequence[str]) -> None:
        """Notes it; a refusal for good is not asked for again with every tick."""
        metrics.publish_failures.labels(type(error).__name__).inc()
        tell = log.debug if self._status.push_error and error.transient else log.warning
        tell("publish_failed", error=str(error), targets=targets)
        self._status.push_error = str(error)
        if not error.transient:
            self._paused_until = asyncio.get_running_loop().time() + _REFUSED_PAUSE_S

    def _report(self, published: Published) -> None:
        for dropped in published.dropped:
            decision = dropped.decision
            log.info("decision_dropped", target=str(decision.target), why=dropped.why)
        if push := published.push:
            self._status.pushes.append((self._clock(), push))
            metrics.commits.labels().inc()
            metrics.races_lost.labels().inc(push.races_lost)
            log.info("committed", commit=push.after, subject=push.subject, files=len(push.files))

    async def _tell(self, push: Push) -> None:
        for told in await self._reconcilers.tell(push):
            source = self._status.sources.named("reconciler", told.reconciler)
            source.heard(told.error, self._clock())
            self._status.pulse.beat()
            outcome = "failed" if told.error else "accepted"
            metrics.notices.labels(told.reconciler, outcome).inc()
            facts = {"output": told.output} if told.output else {}
            if told.error:
                facts |= {"error": told.error}
                log.warning("notice_failed", reconciler=told.reconciler, **facts)
            else:
                log.info("notice_accepted", reconciler=told.reconciler, **facts)

    def _note_waiting(self) -> None:
        self._status.waiting = self._batcher.waiting
        due = self._due_at()
        left = None if due is None else due - asyncio.get_running_loop().time()
        self._status.due = None if left is None else self._clock() + timedelta(seconds=left)
        self._status.pulse.beat()
        metrics.waiting.labels().set(len(self._batcher.waiting))


def _note_batch(size: int, since: float | None) -> None:
    if since is not None:
        metrics.batch_size.labels().observe(size)
        metrics.batch_age.labels().observe(asyncio.get_running_loop().time() - since)
