"""The service with all its threads from the start: `python -m tests.faults.warm run --config FILE`.

A pool starts a thread only when all others are busy, so by chance some come late in a life; each
brings its stack and its part of the heap, which would pass for memory that leaks.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from bridge.cli.program import main

_make = ThreadPoolExecutor.__init__


def _make_full(self: ThreadPoolExecutor, *given: Any, **named: Any) -> None:
    _make(self, *given, **named)
    together = Barrier(self._max_workers)
    for _ in range(self._max_workers):
        self.submit(together.wait)


if __name__ == "__main__":
    ThreadPoolExecutor.__init__ = _make_full  # type: ignore[method-assign]  # in this process alone
    main()
