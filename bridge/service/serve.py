"""The service: wires the stages in one TaskGroup and stops cleanly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import structlog

from bridge.batch.batcher import Batcher, Debounce
from bridge.evaluate.prometheus import Prometheus
from bridge.manifest.target import Target
from bridge.notify.reconcilers import Reconcilers
from bridge.observe.status import Status
from bridge.publish.push import Publisher
from bridge.server.http import Server
from bridge.service.committing import Committing
from bridge.service.opening import Opening
from bridge.service.proposing import Proposing
from bridge.service.rounds import Outcome, Rounds
from bridge.service.watching import Watching
from bridge.settings import Settings, Window

log = structlog.get_logger()

_LAST_COMMIT_S = 10.0


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


async def serve(
    settings: Settings, stop: asyncio.Event, clock: Callable[[], datetime] = utc_now
) -> None:
    """Runs the service until `stop` is set; what is batched then is committed, within 10 s.

    Raises:
        ConfigInvalid: the listen address can't be bound, the mirror's folder or the signing key
            not be used.
    """
    status = Status(clock())
    async with AsyncExitStack() as open_parts:
        opening = Opening(settings, clock)
        repo = await open_parts.enter_async_context(opening.state_repo())
        prometheus = await open_parts.enter_async_context(Prometheus(settings.prometheus))
        rounds = Rounds(repo, prometheus, clock, opening.alerts(prometheus))
        watching = Watching(
            rounds,
            status,
            clock,
            poll_interval=settings.state_repo.poll_interval,
            queue=settings.server.queue,
        )
        publishers = opening.publishers(repo, rounds)
        proposing = Proposing(publishers, settings.publish, status)
        committing = _committing(settings, proposing, status, clock)
        server = Server(settings.server, status, watching.accept, clock)
        host, port = await open_parts.enter_async_context(server)
        log.info("listening", host=host, port=port)
        await _run(watching, proposing, committing, stop)
        log.info("stopped")


async def _run(
    watching: Watching, proposing: Proposing, committing: Committing, stop: asyncio.Event
) -> None:
    def hand_on(governed: Collection[Target], outcomes: Sequence[Outcome]) -> None:
        proposing.take_in(governed, outcomes)
        committing.take_in(governed, outcomes)

    async with asyncio.TaskGroup() as stages:
        watch = stages.create_task(watching.run(hand_on))
        propose = stages.create_task(proposing.run())
        commit = stages.create_task(committing.run(watching.look_again))
        await stop.wait()
        log.info("stopping")
        watch.cancel()
        propose.cancel()
        committing.stop()
        await asyncio.wait([commit], timeout=_LAST_COMMIT_S)
        commit.cancel()


def _committing(
    settings: Settings, publisher: Publisher, status: Status, clock: Callable[[], datetime]
) -> Committing:
    batcher = Batcher(_debounce(settings.batch), _debounce(settings.batch.scale_up))
    reconcilers = Reconcilers(settings.reconcilers, settings.state_repo)
    return Committing(batcher, publisher, reconcilers, status, clock)


def _debounce(window: Window) -> Debounce:
    return Debounce(window.quiet_period, window.max_wait)
