"""`release`: a person's order that a hold ends, as a commit that changes no file."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from bridge.commit.message import release_message
from bridge.decide.override import Hold
from bridge.evaluate.prometheus import Prometheus
from bridge.publish.races import redone
from bridge.repo.fast_import import Draft
from bridge.repo.trailers import ScaleRelease
from bridge.service.opening import Opening
from bridge.service.rounds import Rounds
from bridge.service.view import View, managed_at
from bridge.settings.configuration import Settings


@dataclass(frozen=True, slots=True)
class Released:
    """The hold that ended and its commit; or none, and what is governed and held instead."""

    hold: Hold | None
    commit: str | None
    governed: Collection[str]
    held: Collection[str]


async def release(
    settings: Settings, order: ScaleRelease, clock: Callable[[], datetime]
) -> Released:
    """Ends the hold of the order's target, if there is one at the branch's tip.

    Raises:
        RemoteRefused, RemoteUnavailable, PolicyInvalid, PushRejected: nothing was committed.
    """
    async with AsyncExitStack() as parts:
        opening = Opening(settings, clock)
        repo = await parts.enter_async_context(opening.state_repo())
        prometheus = await parts.enter_async_context(Prometheus(settings.prometheus))
        rounds, writer = opening.rounds(repo, prometheus), opening.writer(repo)

        async def attempt(_: int) -> Released:
            view = await rounds.look()
            found = await _found(rounds, view, order.target)
            if found.hold is None:
                return found
            message = release_message(order, _ended(found.hold))
            draft = Draft(view.snapshot.tip, message, opening.author, clock(), {})
            commit = await writer.to_branch(draft, view.snapshot)
            return Released(found.hold, commit, found.governed, found.held)

        return await redone(attempt, settings.state_repo.timeout)


async def _found(rounds: Rounds, view: View, target: str) -> Released:
    holds = {str(held): hold for held, hold in (await rounds.held(view)).items()}
    governed = {str(item.target) for item in managed_at(view)}
    return Released(holds.get(target), None, governed, holds.keys())


def _ended(hold: Hold) -> str:
    order = hold.override
    until = f"{hold.until:%Y-%m-%d %H:%M} UTC"
    if order.rivals:
        return f"Ends a hold at {order.count} until {until} between {' and '.join(order.rivals)}."
    return f"Ends the hold at {order.count} until {until} by {order.author} in {order.sha[:12]}."
