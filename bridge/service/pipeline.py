"""All stages of one state repo, from the ticks to the push."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

import structlog

from bridge.batch.batcher import Batcher, Debounce
from bridge.evaluate.prometheus import Prometheus
from bridge.manifest.target import Target
from bridge.notify.reconcilers import Reconcilers, Turns
from bridge.observe.prometheus_watch import PrometheusWatch
from bridge.observe.sources import Sources
from bridge.observe.status import Status
from bridge.policy.shard import WHOLE, Shard
from bridge.service.committing import Committing
from bridge.service.confirming import Confirming
from bridge.service.guarding import Guarding
from bridge.service.opening import Opening
from bridge.service.outcome import Outcome
from bridge.service.proposing import Proposing
from bridge.service.stepping_in import Orders
from bridge.service.watching import Watching
from bridge.settings.batch import Window
from bridge.settings.configuration import Settings

_LAST_COMMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What the pipelines of a process have in common."""

    prometheus: Prometheus
    watch: PrometheusWatch
    sources: Sources
    turns: Turns
    shard: Shard = WHOLE


class Pipeline:
    """One state repo's own mirror, policies, batch and status; nothing of it waits for another's.

    Raises:
        ConfigInvalid: the mirror's folder or the signing key can't be used.
    """

    def __init__(
        self,
        settings: Settings,
        shared: Shared,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._shared = shared
        self.name = settings.state_repo.name
        url = settings.state_repo.url
        self.status = Status(
            clock(), repo=self.name, url=url, sources=shared.sources, shard=shared.shard
        )
        self._opening = Opening(settings, clock, shared.sources, shared.shard)

    async def open(self, open_parts: AsyncExitStack) -> None:
        """Claims the mirror, and wires the stages."""
        settings = self._settings
        repo = await open_parts.enter_async_context(self._opening.state_repo())
        rounds = self._opening.rounds(repo, self._shared.prometheus)
        self.watching = Watching(
            rounds,
            self.status,
            self._clock,
            self._shared.watch,
            settings,
        )
        opening = self._opening
        writer = opening.writer(repo)
        self.orders = Orders(repo, rounds, writer, opening.author, self._clock)
        publishers = opening.publishers(repo, rounds)
        self._proposing = Proposing(publishers, settings.publish, self.status)
        batcher = Batcher(_debounce(settings.batch), _debounce(settings.batch.scale_up))
        for one in settings.reconcilers:
            self.status.sources.named("reconciler", one.name, getattr(one, "url", ""))
        reconcilers = Reconcilers(settings.reconcilers, settings.state_repo, self._shared.turns)
        self._committing = Committing(
            batcher, self._proposing, reconcilers, self.status, self._clock
        )
        self._guarding = Guarding(repo, self.status)
        self.confirming = Confirming(
            repo, self._opening.sources(), self.status, settings.confirm, self._clock
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; what is batched then is committed, within 10 s."""
        if self.name:
            structlog.contextvars.bind_contextvars(repo=self.name)
        async with asyncio.TaskGroup() as stages:
            watch = stages.create_task(self.watching.run(self._hand_on))
            propose = stages.create_task(self._proposing.run())
            confirm = stages.create_task(self.confirming.run())
            guard = stages.create_task(self._guarding.run())
            commit = stages.create_task(self._committing.run(self._after_push))
            await stop.wait()
            watch.cancel()
            confirm.cancel()
            propose.cancel()
            guard.cancel()
            self._committing.stop()
            await asyncio.wait([commit], timeout=_LAST_COMMIT_S)
            commit.cancel()

    def _after_push(self) -> None:
        self.watching.look_again()
        self.confirming.wake()

    def _hand_on(self, governed: Collection[Target], outcomes: Sequence[Outcome]) -> None:
        if self.watching.view:
            self._guarding.take_in(self.watching.view)
        self._proposing.take_in(governed, outcomes)
        self._committing.take_in(governed, outcomes)
        self.confirming.take_in(self.status.tip, governed, outcomes)


def _debounce(window: Window) -> Debounce:
    return Debounce(window.quiet_period, window.max_wait)
