"""Long work leaves everybody else their turns."""

from __future__ import annotations

import asyncio

import pytest

from bridge.service.others import Others

PIECE_S = 0.002


async def pieces_at_a_time(workers: int, pieces: int) -> int:
    """Of 2 ms each: the most that are done before somebody else on the loop has a turn."""
    loop, others = asyncio.get_running_loop(), Others()
    now, done, most, start = 100.0, 0, 0, asyncio.Event()
    loop.time = lambda: now  # type: ignore[method-assign] # a clock that only work moves

    async def work() -> None:
        nonlocal now, done
        await start.wait()
        for _ in range(pieces):
            await others.in_between()
            now, done = now + PIECE_S, done + 1

    working = [asyncio.create_task(work()) for _ in range(workers)]
    await asyncio.sleep(0)
    start.set()
    while not all(task.done() for task in working):
        before = done
        await asyncio.sleep(0)
        most = max(most, done - before)
    assert done == workers * pieces
    return most


@pytest.mark.parametrize(("workers", "pieces"), [(1, 60), (60, 1), (10, 6)])
def test_others_wait_for_5_ms_of_work_whoever_does_it(workers: int, pieces: int) -> None:
    assert asyncio.run(pieces_at_a_time(workers, pieces)) == 3


def test_little_work_goes_on_without_a_break() -> None:
    assert asyncio.run(pieces_at_a_time(2, 1)) == 2
