"""The service: a pipeline for each state repo in one TaskGroup, one server; stops cleanly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import structlog

from bridge.evaluate.prometheus import Prometheus
from bridge.notify.reconcilers import Turns
from bridge.observe.prometheus_watch import PrometheusWatch
from bridge.observe.sources import Sources
from bridge.observe.status import Status, Statuses
from bridge.policy.shard import WHOLE, Shard
from bridge.server.http import Server
from bridge.server.webhooks import Listeners
from bridge.service.acting import Acting
from bridge.service.pipeline import Pipeline, Shared
from bridge.settings.configuration import Settings
from bridge.trigger.notification import Notification
from bridge.trigger.report import Report

log = structlog.get_logger()


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


async def serve(
    settings: Settings,
    stop: asyncio.Event,
    clock: Callable[[], datetime] = utc_now,
    shard: Shard = WHOLE,
) -> None:
    """Runs the service until `stop` is set; what is batched then is committed, within 10 s.

    Of several instances each decides its shard.

    Raises:
        ConfigInvalid: the listen address can't be bound, a mirror's folder or the signing key
            not be used.
    """
    async with AsyncExitStack() as open_parts:
        sources = Sources()
        asked = sources.named("prometheus", "Prometheus", settings.prometheus.url)
        watch = PrometheusWatch(sources.listening(asked, clock))
        prometheus = Prometheus(settings.prometheus, watch.heard)
        await open_parts.enter_async_context(prometheus)
        shared = Shared(prometheus, watch, sources, Turns(), shard)
        pipelines = [Pipeline(one, shared, clock) for one in settings.each()]
        for pipeline in pipelines:
            await pipeline.open(open_parts)
        listeners, actions = _listeners(pipelines), Acting(pipelines)
        server = Server(settings.server, _seen(pipelines), listeners, clock, actions)
        host, port = await open_parts.enter_async_context(server)
        log.info("listening", host=host, port=port, shard=str(shard))
        await _run(pipelines, stop)
        log.info("stopped")


def _listeners(pipelines: Sequence[Pipeline]) -> Listeners:
    """Each pipeline hears of everything, and takes what concerns it."""

    def accept(notification: Notification) -> bool:
        return all([one.watching.accept(notification) for one in pipelines])

    def hear(report: Report) -> None:
        for one in pipelines:
            one.confirming.hear(report)

    def moved(ref: str) -> None:
        for one in pipelines:
            one.watching.branch_moved(ref)

    return Listeners(accept, hear, moved)


def _seen(pipelines: Sequence[Pipeline]) -> Status | Statuses:
    statuses = [pipeline.status for pipeline in pipelines]
    return statuses[0] if len(statuses) == 1 else Statuses(statuses)


async def _run(pipelines: Sequence[Pipeline], stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as running:
        for pipeline in pipelines:
            running.create_task(pipeline.run(stop))
        await stop.wait()
        log.info("stopping")
