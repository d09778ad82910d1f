"""The page's actions, carried out by the pipeline of the target's state repo."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bridge.repo.trailers import ScalePause, ScaleRelease
from bridge.server.acting import Whose
from bridge.service.pipeline import Pipeline


class Acting:
    """See `bridge.server.acting.Actions`."""

    def __init__(self, pipelines: Iterable[Pipeline]) -> None:
        self._pipelines = {one.name: one for one in pipelines}

    async def release(self, whose: Whose) -> str | None:
        """By a commit."""
        pipeline = self._pipelines[whose.repo]
        order = ScaleRelease(target=whose.target, by=whose.by, reason=whose.reason)
        done = await pipeline.orders.release(order)
        if done.commit:
            await pipeline.watching.evaluate(whose.policy)
        return done.commit

    async def pause(self, whose: Whose, until: datetime) -> str | None:
        """By a commit."""
        pipeline = self._pipelines[whose.repo]
        order = ScalePause(target=whose.target, until=until, by=whose.by, reason=whose.reason)
        done = await pipeline.orders.pause(order)
        if done.commit:
            await pipeline.watching.evaluate(whose.policy)
        return done.commit

    async def evaluate(self, whose: Whose) -> None:
        """In a round of its own."""
        await self._pipelines[whose.repo].watching.evaluate(whose.policy)
