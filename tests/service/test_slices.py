"""Who computes shares one slice of each turn of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from bridge.service.slices import SLICE_S, Slices

MANY = 40


class Clock:
    """Goes on only while somebody computes."""

    def __init__(self) -> None:
        self.now = 1.0
        self.slices = Slices(lambda: self.now)

    async def compute(self, slices: float) -> None:
        """In its turn, for so many slices."""
        await self.slices.turn()
        self.now += slices * SLICE_S


async def all_at_once(work: Callable[[], Awaitable[None]]) -> None:
    """Forty that are woken in the same turn of the loop."""
    begin = asyncio.Event()

    async def woken() -> None:
        await begin.wait()
        await work()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(MANY):
            tasks.create_task(woken())
        await asyncio.sleep(0)
        begin.set()


@pytest.mark.parametrize(
    ("slices", "together"),
    [
        pytest.param(1.0, 1, id="who takes a whole slice is alone in it"),
        pytest.param(0.34, 3, id="who begins within a slice ends what it does"),
        pytest.param(0.24, 5, id="many that are quick share one"),
        pytest.param(7.0, 1, id="no slice is too short for progress"),
    ],
)
async def test_others_get_in_between(slices: float, together: int) -> None:
    clock, beats = Clock(), [1.0]

    async def beat() -> None:
        while True:
            beats.append(clock.now)
            await asyncio.sleep(0)

    other = asyncio.create_task(beat())
    await all_at_once(lambda: clock.compute(slices))
    other.cancel()
    longest = max(after - before for before, after in pairwise(beats))
    assert longest == pytest.approx(together * slices * SLICE_S)
    assert clock.now == pytest.approx(1 + MANY * slices * SLICE_S)


async def test_work_that_takes_no_time_takes_one_turn() -> None:
    clock, turns, taken = Clock(), 0, set()

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def work() -> None:
        await clock.compute(0)
        taken.add(turns)

    other = asyncio.create_task(count())
    await all_at_once(work)
    other.cancel()
    assert len(taken) == 1


@pytest.mark.parametrize("pause", [0.0, 0.01])
async def test_a_slice_begins_anew_after_a_rest(pause: float) -> None:
    clock = Clock()
    await clock.compute(1)
    await asyncio.sleep(pause)
    async with asyncio.timeout(1):
        await clock.slices.turn()


async def test_without_a_clock_it_goes_by_the_loop_s() -> None:
    slices, loop = Slices(), asyncio.get_running_loop()
    await slices.turn()
    begun = loop.time()
    while loop.time() < begun + SLICE_S:
        pass
    heard = False

    def hear() -> None:
        nonlocal heard
        heard = True

    loop.call_soon(hear)
    await slices.turn()
    assert heard
