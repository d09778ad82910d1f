"""Where orders are taken: checked, carried out, and answered with the commit they made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import structlog
from aiohttp import web

from bridge.decide.pause import until_when
from bridge.errors import BridgeError
from bridge.observe.board import Board
from bridge.observe.facts import Done
from bridge.observe.forges import commit_page
from bridge.observe.status import Status
from bridge.server.acting import Actions, Whose
from bridge.server.asked import Order, PauseOrder
from bridge.server.limits import RateLimit
from bridge.settings.server import ServerSettings

log = structlog.get_logger()

_PATIENCE_S: Final = 60.0


class Refused(Exception):
    """Why an order was not carried out, as the answer says it."""

    def __init__(self, status: int, why: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.headers = headers or {}


class Desk:
    """Takes the orders of the page and the API alike."""

    def __init__(
        self,
        board: Board,
        actions: Actions | None,
        settings: ServerSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._board = board
        self._actions = actions
        self._settings = settings
        self._clock = clock
        self._limit = RateLimit(settings.rate_limit)

    async def body(self, request: web.Request) -> bytes:
        """The request's, within the server's limits.

        Raises:
            Refused: it did not come in time, or too many come from there.
        """
        if not self._limit.allows(request.remote or "", asyncio.get_running_loop().time()):
            raise Refused(429, "too many orders from there", {"Retry-After": "1"})
        try:
            async with asyncio.timeout(self._settings.read_timeout):
                return await request.read()
        except TimeoutError as error:
            raise Refused(408, "the body did not come in time") from error

    async def done(self, key: str, action: str, order: Order, by: str) -> Done:
        """The order is carried out.

        Raises:
            Refused: nothing was committed.
        """
        found = self._board.found(key)
        if found is None or self._actions is None:
            raise Refused(404, "no such target: see /api/v1/targets")
        status, row = found
        reason = " ".join(order.reason.split())
        whose = Whose(repo=row.repo, target=row.target, policy=row.policy, by=by, reason=reason)
        log.info("ordered", action=action, target=row.target, by=by)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self._carried_out(action, order, whose, status)
        except BridgeError as error:
            refused = Refused(503 if error.transient else 409, str(error))
        except TimeoutError:
            refused = Refused(503, "not done in time: look at the last commits, then try again")
        log.warning("order_failed", action=action, target=row.target, error=str(refused))
        raise refused

    async def _carried_out(self, action: str, order: Order, whose: Whose, status: Status) -> Done:
        assert self._actions is not None  # noqa: S101 # its caller looked
        if isinstance(order, PauseOrder):
            until = self._until(order.until)
            commit = await self._actions.pause(whose, until)
            said = f"paused until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            said = said if commit else "no policy governs it any more"
        elif action == "release":
            commit = await self._actions.release(whose)
            said = "released" if commit else "nothing to release: it is not held"
        else:
            await self._actions.evaluate(whose)
            commit, said = None, "evaluated"
        url = commit_page(status.url, commit) if commit else None
        return Done(action=action, target=whose.target, said=said, commit=commit, url=url)

    def _until(self, text: str) -> datetime:
        try:
            return until_when(text, self._clock())
        except ValueError as error:
            raise Refused(400, f"until: {error}") from error
