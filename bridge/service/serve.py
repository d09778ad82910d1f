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
from bridge.observe.status import Status, Statuses
from bridge.server.http import Server
from bridge.server.webhooks import Listeners
from bridge.service.pipeline import Pipeline
from bridge.settings.configuration import Settings
from bridge.trigger.notification import Notification
from bridge.trigger.report import Report

log = structlog.get_logger()


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


async def serve(
    settings: Settings, stop: asyncio.Event, clock: Callable[[], datetime] = utc_now
) -> None:
    """Runs the service until `stop` is set; what is batched then is committed, within 10 s.

    Raises:
        ConfigInvalid: the listen address can't be bound, a mirror's folder or the signing key
            not be used.
    """
    async with AsyncExitStack() as open_parts:
        watch, turns = PrometheusWatch(), Turns()
        prometheus = Prometheus(settings.prometheus, watch.heard)
        await open_parts.enter_async_context(prometheus)
        pipelines = [Pipeline(one, prometheus, watch, clock, turns) for one in settings.each()]
        for pipeline in pipelines:
            await pipeline.open(open_parts)

        def accept(notification: Notification) -> bool:
            return all([one.watching.accept(notification) for one in pipelines])

        def hear(report: Report) -> None:
            for one in pipelines:
                one.confirming.hear(report)

        listeners = Listeners(accept, hear)
        server = Server(settings.server, _seen(pipelines), listeners, clock)
        host, port = await open_parts.enter_async_context(server)
        log.info("listening", host=host, port=port)
        await _run(pipelines, stop)
        log.info("stopped")


def _seen(pipelines: Sequence[Pipeline]) -> Status | Statuses:
    statuses = [pipeline.status for pipeline in pipelines]
    return statuses[0] if len(statuses) == 1 else Statuses(statuses)


async def _run(pipelines: Sequence[Pipeline], stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as running:
        for pipeline in pipelines:
            running.create_task(pipeline.run(stop))
        await stop.wait()
        log.info("stopping")
