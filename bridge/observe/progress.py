"""What the loops are at, and since when: work that never ends is a loop that hangs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from bridge.observe import metrics


class Progress:
    """Each loop says what work it begins and ends, and how long it will be silent at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}
        self._heard_by: dict[str, float] = {}

    @contextmanager
    def at(self, work: str) -> Iterator[None]:
        """A piece of work that ends, whether well or not; where well, that is a metric."""
        self._since[work] = self._clock()
        try:
            yield
            metrics.last_success.labels(work).set_to_current_time()
        finally:
            del self._since[work]

    def alive(self, loop: str, rests: float = 0.0) -> None:
        """A heartbeat; the next one comes after so many seconds, and the work that is due then."""
        self._heard_by[loop] = self._clock() + rests

    def hung(self, limit: float) -> list[str]:
        """Work that takes longer than that many seconds, and loops silent for so long, in words."""
        return [
            *self._older(limit, self._since, "for"),
            *self._older(limit, self._heard_by, "overdue for"),
        ]

    def _older(self, limit: float, begun: Mapping[str, float], how: str) -> list[str]:
        ages = {name: self._clock() - since for name, since in begun.items()}
        return [f"{name}: {how} {age:.0f} s" for name, age in ages.items() if age > limit]
