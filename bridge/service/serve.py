"""The service: wires the stages in one TaskGroup and stops cleanly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import structlog

from bridge.batch.batcher import Batcher, Debounce
from bridge.evaluate.prometheus import Prometheus
from bridge.notify.reconcilers import Reconcilers
from bridge.observe.status import Status
from bridge.publish.branch import BranchPublisher
from bridge.repo.fast_import import Identity
from bridge.repo.state_repo import StateRepo
from bridge.server.http import Server
from bridge.service.committing import Committing
from bridge.service.rounds import Rounds
from bridge.service.sources import alert_source
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
        ConfigInvalid: the listen address can't be bound, or the mirror's folder not used.
    """
    status = Status(clock())
    async with AsyncExitStack() as open_parts:
        repo = await open_parts.enter_async_context(StateRepo(settings.state_repo))
        prometheus = await open_parts.enter_async_context(Prometheus(settings.prometheus))
        rounds = Rounds(repo, prometheus, clock, alert_source(settings, prometheus))
        watching = Watching(
            rounds,
            status,
            clock,
            poll_interval=settings.state_repo.poll_interval,
            queue=settings.server.queue,
        )
        committing = _committing(settings, repo, rounds, status, clock)
        server = Server(settings.server, status, watching.accept, clock)
        host, port = await open_parts.enter_async_context(server)
        log.info("listening", host=host, port=port)
        await _run(watching, committing, stop)
        log.info("stopped")


async def _run(watching: Watching, committing: Committing, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as stages:
        watch = stages.create_task(watching.run(committing.take_in))
        commit = stages.create_task(committing.run(watching.look_again))
        await stop.wait()
        log.info("stopping")
        watch.cancel()
        committing.stop()
        await asyncio.wait([commit], timeout=_LAST_COMMIT_S)
        commit.cancel()


def _committing(
    settings: Settings,
    repo: StateRepo,
    rounds: Rounds,
    status: Status,
    clock: Callable[[], datetime],
) -> Committing:
    batcher = Batcher(_debounce(settings.batch), _debounce(settings.batch.scale_up))
    author = Identity(settings.commit.name, settings.commit.email)
    publisher = BranchPublisher(repo, author, clock, rounds.policies_at)
    reconcilers = Reconcilers(settings.reconcilers, settings.state_repo)
    return Committing(batcher, publisher, reconcilers, status, clock)


def _debounce(window: Window) -> Debounce:
    return Debounce(window.quiet_period, window.max_wait)
