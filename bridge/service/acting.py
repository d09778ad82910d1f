"""The page's actions, carried out by the pipeline of the target's state repo."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from bridge.repo.trailers import ScalePause, ScaleRelease
from bridge.server.acting import Whose
from bridge.service.pipeline import Pipeline

_SEEN_SOON_S = 3.0


class Acting:
    """See `bridge.server.acting.Actions`."""

    def __init__(self, pipelines: Iterable[Pipeline]) -> None:
        self._pipelines = {one.name: one for one in pipelines}

    async def release(self, whose: Whose) -> str | None:
        """By a commit."""
        pipeline = self._pipelines[whose.repo]
        order = ScaleRelease(target=whose.target, by=whose.by, reason=whose.reason)
        done = await pipeline.orders.release(order)
        return await _shown(pipeline, whose, done.commit)

    async def pause(self, whose: Whose, until: datetime) -> str | None:
        """By a commit."""
        pipeline = self._pipelines[whose.repo]
        order = ScalePause(target=whose.target, until=until, by=whose.by, reason=whose.reason)
        done = await pipeline.orders.pause(order)
        return await _shown(pipeline, whose, done.commit)

    async def evaluate(self, whose: Whose) -> None:
        """In a round of its own."""
        await self._pipelines[whose.repo].watching.evaluate(whose.policy)


async def _shown(pipeline: Pipeline, whose: Whose, commit: str | None) -> str | None:
    """The commit, once a round has seen it where that does not take long: the page tells of it."""
    if commit:
        with suppress(TimeoutError):
            async with asyncio.timeout(_SEEN_SOON_S):
                await pipeline.watching.evaluate(whose.policy)
    return commit
