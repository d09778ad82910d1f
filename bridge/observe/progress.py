"""What the loops are at, and since when: work that never ends is a loop that hangs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bridge.observe import metrics


class Progress:
    """Each loop says what it begins and ends; sleeping is no work."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}

    @contextmanager
    def at(self, work: str) -> Iterator[None]:
        """A piece of work that ends, whether well or not; where well, that is a metric."""
        self._since[work] = self._clock()
        try:
            yield
            metrics.last_success.labels(work).set_to_current_time()
        finally:
            del self._since[work]

    def hung(self, limit: float) -> list[str]:
        """Work that takes longer than that many seconds, in words."""
        ages = {work: self._clock() - since for work, since in self._since.items()}
        return [f"{work}: for {age:.0f} s" for work, age in ages.items() if age > limit]
