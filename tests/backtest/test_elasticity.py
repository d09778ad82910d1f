"""The elasticity metrics, calculated by hand beside the code's."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from bridge.backtest.closed_loop import Commit, Run, run_fixed
from bridge.backtest.elasticity import (
    Elasticity,
    Shortage,
    busiest_hour,
    elasticity,
    replica_hours,
    shortages,
)
from bridge.backtest.load import Load


def supplied(load: Load, *ready: tuple[int, int], commits: tuple[int, ...] = ()) -> Run:
    """A run with so many ready from each second on, and commits in these seconds."""
    starts, counts = map(list, zip(*ready, strict=True))
    made = [Commit(second, 1, 2, "") for second in commits]
    return Run(load, starts, counts, counts[0], made, None, 0)


def test_the_five_of_a_step_that_is_followed_late() -> None:
    need = Load([0, 30], [2.0, 4.0], 100)
    found = elasticity(supplied(need, (0, 3), (60, 4)), 10)
    assert found == Elasticity(
        under_accuracy=7.5,  # 30 of 100 s, one of four
        over_accuracy=15.0,
        under_time=30.0,
        over_time=30.0,
        instability=100 * 2 / 9,  # need rises at 30, supply at 60, of 9 ticks
    )


def test_supply_that_moves_with_the_need_is_stable() -> None:
    need = Load([0, 30], [2.0, 4.0], 100)
    together = elasticity(supplied(need, (0, 2), (30, 4)), 10)
    assert together == Elasticity(
        under_accuracy=0, over_accuracy=0, under_time=0, over_time=0, instability=0
    )
    against = elasticity(supplied(need, (0, 4), (30, 2)), 10)
    assert against.instability == pytest.approx(100 / 9)


@pytest.mark.parametrize("seed", range(5))
def test_they_are_the_sums_of_the_report_second_by_second(seed: int) -> None:
    draw, seconds, tick = random.Random(seed), 60, 5
    needed = [float(draw.choice((1, 2, 4, 5))) for _ in range(seconds)]
    given = [draw.choice((1, 2, 4, 5)) for _ in range(seconds)]
    found = elasticity(
        supplied(Load(range(seconds), needed, seconds), *enumerate(given)), interval=tick
    )
    pairs = list(zip(needed, given, strict=True))
    ticks = list(pairwise(pairs[::tick]))
    moves = [(sign(more - s), sign(later - d)) for (d, s), (later, more) in ticks]
    shares: dict[str, list[float]] = {
        "under_accuracy": [max(d - s, 0) / d for d, s in pairs],
        "over_accuracy": [max(s - d, 0) / d for d, s in pairs],
        "under_time": [max(sign(d - s), 0) for d, s in pairs],
        "over_time": [max(sign(s - d), 0) for d, s in pairs],
        "instability": [min(abs(supply - need), 1) for supply, need in moves],
    }
    for name, terms in shares.items():
        assert getattr(found, name) == pytest.approx(100 * sum(terms) / len(terms)), name


def sign(number: float) -> int:
    """-1, 0 or 1."""
    return (number > 0) - (number < 0)


def test_time_of_which_nobody_knows_does_not_count() -> None:
    need = Load([0, 10, 60], [2.0, None, 1.0], 70)
    found = elasticity(supplied(need, (0, 1)), 10)
    assert (found.under_time, found.under_accuracy) == (50.0, 25.0)
    assert found.instability == 0
    assert elasticity(run_fixed(Load([0], [None], 60), 1), 10).under_time == 0


def test_where_nothing_is_needed_a_replica_is_one_too_many() -> None:
    assert elasticity(run_fixed(Load([0], [0.0], 60), 2), 10).over_accuracy == 200


def test_shortages_with_their_worst() -> None:
    need = Load([0, 10, 20, 30, 40], [1.0, 3.0, 5.0, 1.0, 4.0], 50)
    assert shortages(run_fixed(need, 2)) == [Shortage(10, 20, 3), Shortage(40, 10, 2)]
    assert shortages(run_fixed(need, 5)) == []


def test_replica_hours_and_the_busiest_hour() -> None:
    need = Load([0], [1.0], 7200)
    run = supplied(need, (0, 2), (3600, 3), commits=(0, 1800, 3599, 3600, 7000))
    assert replica_hours(run) == 5
    assert busiest_hour(run) == 3
    assert busiest_hour(run_fixed(need, 1)) == 0
