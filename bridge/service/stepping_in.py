"""A person's orders, as commits that change no file: a hold ends, a target is paused."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from bridge.commit.message import pause_message, release_message
from bridge.decide.override import Hold
from bridge.evaluate.prometheus import Prometheus
from bridge.publish.races import redone
from bridge.publish.writing import Writer
from bridge.repo.fast_import import Draft, Identity
from bridge.repo.state_repo import StateRepo
from bridge.repo.trailers import ScalePause, ScaleRelease
from bridge.service.opening import Opening
from bridge.service.rounds import Rounds
from bridge.service.view import View
from bridge.settings.configuration import Settings


@dataclass(frozen=True, slots=True)
class Ordered:
    """What came of an order: its commit, or none, and what is governed and held instead."""

    hold: Hold | None
    """What it ends, or replaces."""
    commit: str | None
    governed: Collection[str]
    held: Collection[str]


@dataclass(frozen=True, slots=True)
class Orders:
    """Commits orders; a lost race is redone on the new tip.

    Raises:
        RemoteRefused, RemoteUnavailable, PolicyInvalid, PushRejected: nothing was committed.
    """

    repo: StateRepo
    rounds: Rounds
    writer: Writer
    author: Identity
    clock: Callable[[], datetime]

    async def release(self, order: ScaleRelease) -> Ordered:
        """Ends the hold or pause of the order's target, if there is one at the branch's tip."""

        async def attempt(_: int) -> Ordered:
            view = await self.rounds.look()
            found = await self._found(view, order.target)
            if found.hold is None:
                return found
            return await self._committed(view, found, release_message(order, _ended(found.hold)))

        return await redone(attempt, self.repo.settings.timeout)

    async def pause(self, order: ScalePause) -> Ordered:
        """Keeps the target at its count until the order's time; a new pause replaces the last."""

        async def attempt(_: int) -> Ordered:
            view = await self.rounds.look()
            found = await self._found(view, order.target)
            if order.target not in found.governed:
                return found
            return await self._committed(view, found, pause_message(order, _at(view, order.target)))

        return await redone(attempt, self.repo.settings.timeout)

    async def _committed(self, view: View, found: Ordered, message: str) -> Ordered:
        draft = Draft(view.snapshot.tip, message, self.author, self.clock(), {})
        commit = await self.writer.to_branch(draft, view.snapshot)
        return Ordered(found.hold, commit, found.governed, found.held)

    async def _found(self, view: View, target: str) -> Ordered:
        holds = {str(held): hold for held, hold in (await self.rounds.held(view)).items()}
        governed = {str(item.target) for item in view.managed}
        return Ordered(holds.get(target), None, governed, holds.keys())


async def release(
    settings: Settings, order: ScaleRelease, clock: Callable[[], datetime]
) -> Ordered:
    """See `Orders`, by parts of its own."""
    async with AsyncExitStack() as parts:
        return await (await _opened(settings, clock, parts)).release(order)


async def pause(settings: Settings, order: ScalePause, clock: Callable[[], datetime]) -> Ordered:
    """See `Orders`, by parts of its own."""
    async with AsyncExitStack() as parts:
        return await (await _opened(settings, clock, parts)).pause(order)


async def _opened(
    settings: Settings, clock: Callable[[], datetime], parts: AsyncExitStack
) -> Orders:
    opening = Opening(settings, clock)
    repo = await parts.enter_async_context(opening.state_repo())
    prometheus = await parts.enter_async_context(Prometheus(settings.prometheus))
    rounds = opening.rounds(repo, prometheus)
    return Orders(repo, rounds, opening.writer(repo), opening.author, clock)


def _at(view: View, target: str) -> int | None:
    counts = (
        view.places.found[item.policy.title].count.value
        for item in view.managed
        if str(item.target) == target
    )
    return next(counts, None)


def _ended(hold: Hold) -> str:
    order = hold.override
    until = f"{hold.until:%Y-%m-%d %H:%M} UTC"
    if order.rivals:
        return f"Ends a hold at {order.count} until {until} between {' and '.join(order.rivals)}."
    what = "pause" if order.paused_until else "hold"
    return f"Ends the {what} at {order.count} until {until} by {order.author} in {order.sha[:12]}."
