"""The event loop's time, cut into slices: nobody who computes keeps the webhooks waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

SLICE_S = 0.005
"""A reply to a webhook takes two turns of the loop, and so waits for two slices."""


class Slices:
    """Shared by all who compute at the same time: together they take one slice of each turn."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        """By the loop's clock, unless another one is given."""
        self._clock = clock
        self._until: float | None = 0.0
        self._renews = False

    async def turn(self) -> None:
        """Returns at once while there is time left in this turn of the loop, else in a later one.

        Whoever is the first in a turn always goes on, so that no slice is too short for progress.
        """
        loop = asyncio.get_running_loop()
        clock = self._clock or loop.time
        while self._until is not None and clock() >= self._until:
            if not self._renews:
                self._renews = True
                loop.call_soon(self._renew)
            await asyncio.sleep(0)
        if self._until is None:
            self._until = clock() + SLICE_S

    def _renew(self) -> None:
        """Comes before all who wait, since it was called for before they slept."""
        self._renews = False
        self._until = None
