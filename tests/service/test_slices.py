"""Who computes shares one slice of each turn of the loop."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from bridge.service.slices import SLICE_S, Slices

MANY = 40


def busy(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


async def turns_of(seconds: float) -> list[int]:
    """How many of forty tasks that compute so long each went on in the loop's turns."""
    slices, turns, turn = Slices(), [0], asyncio.Event()

    async def work() -> None:
        await turn.wait()
        await slices.turn()
        turns[-1] += 1
        busy(seconds)

    tasks = [asyncio.create_task(work()) for _ in range(MANY)]
    await asyncio.sleep(0)
    turn.set()
    while not all(task.done() for task in tasks):
        turns.append(0)
        await asyncio.sleep(0)
    return [number for number in turns if number]


async def test_long_work_gets_a_turn_each() -> None:
    assert await turns_of(SLICE_S) == [1] * MANY


async def test_short_work_shares_turns() -> None:
    turns = await turns_of(SLICE_S / 10)
    assert sum(turns) == MANY
    assert max(turns) <= 11
    assert len(turns) < MANY


async def test_others_get_in_between_though_all_are_woken_at_once() -> None:
    beats = []

    async def beat() -> None:
        while True:
            beats.append(time.thread_time())
            await asyncio.sleep(0)

    other = asyncio.create_task(beat())
    await turns_of(SLICE_S / 3)
    other.cancel()
    longest = max(after - before for before, after in pairwise(beats))
    assert longest < MANY / 3 * SLICE_S / 2


@pytest.mark.parametrize("pause", [0.0, 0.01])
async def test_a_slice_begins_anew_after_a_rest(pause: float) -> None:
    slices = Slices()
    await slices.turn()
    busy(SLICE_S)
    await asyncio.sleep(pause)
    async with asyncio.timeout(1):
        await slices.turn()
