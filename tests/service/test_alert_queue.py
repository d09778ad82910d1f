"""Alerts wake rounds: the first at once, those soon after it together; none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from bridge.service.waking import LEAST_PAUSE_S, MOST_PAUSE_S, Waking
from bridge.trigger.notification import Alert

pytestmark = pytest.mark.looptime


class Rounds:
    """Takes what wakes it, as often as it is woken; notes when, and what."""

    def __init__(self, most: int, seconds: float) -> None:
        self._woken = asyncio.Event()
        self._seconds = seconds
        self.queue = Waking(most, self._woken.set)
        self.taken: list[tuple[float, list[str]]] = []

    async def run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            await self.one()

    async def one(self) -> None:
        with self.queue.taken() as signals:
            names = [signal.name for signal in signals]
            self.taken.append((round(asyncio.get_running_loop().time(), 3), names))
            await asyncio.sleep(self._seconds)

    def post(self, *names: str) -> bool:
        return self.queue.put([Alert(status="firing", labels={"alertname": n}) for n in names])


@asynccontextmanager
async def running(most: int = 10, seconds: float = 0.0) -> AsyncIterator[Rounds]:
    rounds = Rounds(most, seconds)
    task = asyncio.create_task(rounds.run())
    yield rounds
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_lone_alert_wakes_at_once() -> None:
    async with running() as rounds:
        for second in range(3):
            rounds.post(str(second))
            await asyncio.sleep(1)
    assert rounds.taken == [(0, ["0"]), (1, ["1"]), (2, ["2"])]


async def test_those_soon_after_it_share_the_next_round() -> None:
    async with running() as rounds:
        for number in range(12):
            rounds.post(str(number))
            await asyncio.sleep(LEAST_PAUSE_S / 10)
        await asyncio.sleep(1)
    assert rounds.taken == [
        (0, ["0"]),
        (LEAST_PAUSE_S, [str(n) for n in range(1, 11)]),
        (0.2, ["11"]),
    ]


async def test_those_that_come_while_a_round_runs_wait_three_times_as_long() -> None:
    async with running(seconds=0.2) as rounds:
        rounds.post("first")
        await asyncio.sleep(0.1)
        rounds.post("second")
        await asyncio.sleep(0.4)
        rounds.post("third")
        await asyncio.sleep(2)
    assert rounds.taken == [(0, ["first"]), (0.8, ["second", "third"])]


async def test_no_alert_waits_for_more_than_a_second_after_a_round() -> None:
    async with running(seconds=9) as rounds:
        rounds.post("first")
        await asyncio.sleep(8)
        rounds.post("second")
        await asyncio.sleep(20)
    assert rounds.taken == [(0, ["first"]), (9 + MOST_PAUSE_S, ["second"])]


async def test_a_tick_takes_along_what_waits_and_leaves_no_pause_where_nothing_did() -> None:
    async with running() as rounds:
        await rounds.one()
        rounds.post("first")
        await asyncio.sleep(0.01)
        rounds.post("second")
        await rounds.one()
        await asyncio.sleep(1)
    assert rounds.taken == [(0, []), (0, ["first"]), (0.01, ["second"])]


async def test_a_full_queue_takes_nothing_of_a_group_until_a_round_took_all() -> None:
    async with running(most=3) as rounds:
        assert [rounds.post("a", "b"), rounds.post("c", "d"), rounds.post("c")] == [
            True,
            False,
            True,
        ]
        assert [rounds.post("d"), rounds.post()] == [False, True]
        await asyncio.sleep(0.01)
        assert rounds.post("d", "e", "f")
        await asyncio.sleep(1)
    assert [names for _, names in rounds.taken] == [["a", "b", "c"], ["d", "e", "f"]]


async def test_a_round_that_fails_leaves_the_next_alerts_their_round() -> None:
    rounds = Rounds(10, 0)

    async def fails() -> None:
        with rounds.queue.taken():
            rounds.post("meanwhile")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    task = asyncio.create_task(rounds.run())
    await asyncio.sleep(1)
    task.cancel()
    assert [names for _, names in rounds.taken] == [["meanwhile"]]
