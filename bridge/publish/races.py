"""Rivals on one branch: a lost race is redone on the new tip, never forced and never merged."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge.errors import PushRejected

_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 2.0
_Result = TypeVar("_Result")


async def redone(attempt: Callable[[int], Awaitable[_Result]], patience: float) -> _Result:
    """The first attempt that loses no race; each is told how many were lost before.

    Raises:
        PushRejected: rivals kept winning for so many seconds.
    """
    deadline = asyncio.get_running_loop().time() + patience
    pause, lost = _FIRST_PAUSE_S, 0
    while True:
        try:
            return await attempt(lost)
        except PushRejected:
            if asyncio.get_running_loop().time() > deadline:
                raise
        lost += 1
        await asyncio.sleep(pause * random.random())  # noqa: S311  # jitter, no secret
        pause = min(2 * pause, _LONGEST_PAUSE_S)
