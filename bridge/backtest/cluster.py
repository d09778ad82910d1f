"""The workload's pods, on a clock of whole seconds: what was applied, and what is ready. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque


class Cluster:
    """Counts that come late, and pods that take a while to start; the newest go first."""

    def __init__(self, replicas: int, starting: float) -> None:
        self.starts: list[int] = [0]
        """The seconds in which the ready count changed, ascending."""
        self.ready: list[int] = [replicas]
        """How many were ready from each of them on."""
        self._starting = starting
        self._coming: deque[tuple[int, int]] = deque()
        self._pending: deque[tuple[int, int]] = deque()

    @property
    def now(self) -> int:
        """How many are ready."""
        return self.ready[-1]

    def apply(self, count: int, at: int) -> None:
        """Has this count from that second on; orders come in the order of their time."""
        self._coming.append((at, count))

    def advance(self, second: int) -> int:
        """Up to that second, and how many are ready then."""
        while self._pending or self._coming:
            applied = self._coming[0][0] if self._coming else math.inf
            started = self._pending[0][0] if self._pending else math.inf
            if min(applied, started) > second:
                break
            if started <= applied:
                at, count = self._pending.popleft()
                self._note(at, self.now + count)
            else:
                self._scale(*self._coming.popleft())
        return self.now

    def ready_at(self, second: float) -> int:
        """How many were ready then; before 0 as many as in the beginning."""
        return self.ready[max(0, bisect_right(self.starts, second) - 1)]

    def _scale(self, at: int, count: int) -> None:
        surplus = self.now + sum(pods for _, pods in self._pending) - count
        if surplus < 0:
            self._pending.append((math.ceil(at + self._starting), -surplus))
        while surplus > 0 and self._pending:
            ready_at, pods = self._pending.pop()
            if pods > surplus:
                self._pending.append((ready_at, pods - surplus))
            surplus -= pods
        if surplus > 0:
            self._note(at, self.now - surplus)

    def _note(self, second: int, ready: int) -> None:
        if self.starts[-1] == second:
            self.ready[-1] = ready
        else:
            self.starts.append(second)
            self.ready.append(ready)
