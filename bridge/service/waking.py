"""Alerts on their way to a round: the first wakes one at once, those soon after it share one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bridge.trigger.notification import Signal

LEAST_PAUSE_S = 0.1
MOST_PAUSE_S = 1.0
_PAUSE_PER_ROUND = 3
"""In a storm, rounds that alerts wake take at most a quarter of the time."""


class Waking:
    """The queue of alerts; `wake` is called when a round shall take them.

    Each round takes all that wait. After one that took alerts, the next that alerts wake comes
    three times its duration later, between 0.1 and 1 s; ticks don't wait, and take them along.
    """

    def __init__(self, most: int, wake: Callable[[], None]) -> None:
        self._most = most
        self._wake = wake
        self._signals: list[Signal] = []
        self._in_round = False
        self._free_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._signals)

    def put(self, signals: Sequence[Signal]) -> bool:
        """Queues what may wake a policy; False when there is no room for all of it."""
        if len(self._signals) + len(signals) > self._most:
            return False
        self._signals += signals
        self._call()
        return True

    def _call(self) -> None:
        if self._signals and not self._timer and not self._in_round:
            self._timer = asyncio.get_running_loop().call_at(self._free_at, self._wake)

    @contextmanager
    def taken(self) -> Iterator[Sequence[Signal]]:
        """All that wait, for a round as long as the context; what comes meanwhile waits."""
        loop = asyncio.get_running_loop()
        begun, signals = loop.time(), self._signals
        self._signals, self._in_round = [], True
        if self._timer:
            self._timer.cancel()
            self._timer = None
        try:
            yield signals
        finally:
            self._in_round = False
            if signals:
                pause = _PAUSE_PER_ROUND * (loop.time() - begun)
                self._free_at = loop.time() + min(MOST_PAUSE_S, max(LEAST_PAUSE_S, pause))
            self._call()
