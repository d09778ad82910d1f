"""Long work on the event loop in slices: webhooks and everybody else get their turn in between."""

from __future__ import annotations

import asyncio

_SLICE_S = 0.005


class Others:
    """Shared by all whose work adds up to long stretches."""

    def __init__(self) -> None:
        self._since = float("-inf")
        self._renewing = False

    async def in_between(self) -> None:
        """Goes on at once, or lets others run where 5 ms were used up.

        However many wait here then, together they use 5 ms of each turn of the loop.
        """
        loop = asyncio.get_running_loop()
        while loop.time() > self._since + _SLICE_S:
            if not self._renewing:
                self._renewing = True
                loop.call_soon(self._renew, loop)
            await asyncio.sleep(0)

    def _renew(self, loop: asyncio.AbstractEventLoop) -> None:
        self._since = loop.time()
        self._renewing = False
