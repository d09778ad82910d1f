"""The search draws within its bounds, the same by the same seed, and keeps what nothing beats."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bridge.backtest.knobs import Drawing, Knobs, Range, Reach, with_seasons
from bridge.backtest.load import Load
from bridge.backtest.search import Cost, Judged, Trial, front, part, search, total, within
from tests.policy.given import described, policy

PLACE = ("spec", "behavior", "scaleDown", "stabilizationWindowSeconds")
WIDE = Reach()


def cost(hours: float, short: float, commits: float = 1.0) -> Cost:
    return Cost(replica_hours=hours, under_time=short, commits_per_hour=commits)


def trial(number: int, training: Cost, validation: Cost | None = None) -> Trial:
    return Trial(number, Knobs(), Judged(training, validation or training))


def drawn(seed: int, reach: Reach = WIDE, **spec: Any) -> list[Knobs]:
    """Forty settings, half of them beside another."""
    drawing = Drawing(policy(**spec), 0, reach, seed)
    anywhere = [drawing.anywhere() for _ in range(20)]
    return anywhere + [drawing.beside(drawing.one_of(anywhere)) for _ in range(20)]


def judged(settings: Sequence[Knobs]) -> Iterator[Judged]:
    """The longer the window down, the dearer and the better."""
    for one in settings:
        window = one.fields[PLACE]
        assert isinstance(window, int)
        yield Judged(cost(window, 1e4 - window), cost(window, 1e4 - window))


def searched(seed: int, count: int) -> list[Trial]:
    drawing = Drawing(policy(), 0, Reach(), seed)
    return list(search(drawing, count, judged, lambda: True))


def test_what_is_drawn_lies_within_the_bounds_and_loads() -> None:
    reach = Reach(
        target=Range(0.5, 2),
        window_up=Range(15, 60),
        window_down=Range(100, 200),
        tolerance=Range(0.1, 0.2),
        debounce=Range(3, 4),
    )
    document = described("web")
    given = policy("web").spec.metrics[0].target.milli
    for knobs in drawn(1, reach):
        spec = knobs.of(document).spec
        up, down = spec.behavior.scale_up, spec.behavior.scale_down
        assert 15 <= up.stabilization_window_seconds <= 60
        assert 100 <= (down.stabilization_window_seconds or 0) <= 200
        assert 0.1 <= float(up.tolerance or 0) <= 0.2
        assert 0.45 * given <= spec.metrics[0].target.milli <= 2.1 * given
        assert 3 <= knobs.debounce <= 4


def test_of_a_level_its_own_fields_are_turned_and_no_windows() -> None:
    reach = Reach(window_down=Range(0, 200), tolerance=Range(0.1, 2))
    document = described("web", behavior={"level": {}})
    for knobs in drawn(1, reach, behavior={"level": {}}):
        level = knobs.of(document).spec.behavior.level
        assert level is not None
        assert 60 <= level.window <= 200
        assert 0.1 <= float(level.up) <= 2
        assert 0.1 <= float(level.down) < 1
        assert {"window", "up", "down", "quantile", "surge"} <= {
            place[-1] for place in knobs.fields
        }


def test_a_setting_leaves_the_document_as_it_was() -> None:
    document = described("web")
    Knobs({PLACE: 77}).of(document)
    assert document == described("web")


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    assert drawn(1) == drawn(1) != drawn(2)


def test_a_bound_of_one_value_leaves_the_target_alone() -> None:
    reach = Reach(target=Range(1, 1), forecasts=())
    values = {knobs.of(described("web")).spec.metrics[0].target.value for knobs in drawn(3, reach)}
    assert values == {policy("web").spec.metrics[0].target.value}


def test_forecasts_are_tried_only_for_a_total_that_has_none() -> None:
    place = ("spec", "metrics", 0, "forecast")
    assert {place in knobs.fields for knobs in drawn(4)} == {True, False}
    total_of = {"name": "m", "query": "m", "target": {"value": 1}}
    given = {**total_of, "forecast": {"type": "linear"}}
    ratio = {**total_of, "target": {"type": "Value", "value": 1}}
    for asked in (given, ratio):
        assert not any(place in knobs.fields for knobs in drawn(4, metrics=[asked]))


def test_seasons_are_tried_where_each_third_of_a_load_has_two_of_them() -> None:
    day = 86_400

    def kinds(*days: int) -> list[Any]:
        loads = [Load([0], [1.0], days_ * day) for days_ in days]
        return [one.get("period", "") for one in with_seasons(Reach(), loads).forecasts]

    assert kinds(5) == ["", ""]
    assert kinds(6) == kinds(42, 6) == ["", "", "1d"]
    assert kinds(42) == ["", "", "1d", "1w"]
    assert with_seasons(Reach(forecasts=()), [Load([0], [1.0], 42 * day)]).forecasts == ()


def test_the_front_is_what_no_other_beats_cheapest_first() -> None:
    dear, cheap = trial(1, cost(9, 1)), trial(2, cost(3, 5))
    beaten, same = trial(3, cost(9.5, 1)), trial(4, cost(9, 1))
    calm = trial(5, cost(9.5, 1, commits=0.5))
    assert front([dear, cheap, beaten, same, calm]) == [cheap, dear, calm]


def test_a_bound_counts_on_what_the_search_never_saw() -> None:
    found = [
        trial(1, cost(1, 1), cost(1, 9)),
        trial(2, cost(2, 1), cost(4, 2)),
        trial(3, cost(3, 1), cost(5, 1)),
    ]
    assert within(found, 2, None) == found[1]
    assert within(found, None, 4.5) == found[1]
    assert within(found, 0.5, None) is None


def test_a_search_is_the_same_by_seed_and_finds_more_than_its_first_half() -> None:
    first, again = searched(7, 64), searched(7, 64)
    assert first == again != searched(8, 64)
    assert [one.number for one in first] == list(range(1, 65))
    known = {one.knobs.fields[PLACE] for one in first[:32]}
    assert {one.knobs.fields[PLACE] for one in first[32:]} & known


def test_a_search_ends_with_the_round_after_its_time() -> None:
    left = iter([True, True, False])
    drawing = Drawing(policy(), 0, Reach(), 0)
    assert len(list(search(drawing, 64, judged, lambda: next(left)))) == 16


def test_costs_of_several_loads_are_weighed_by_their_time() -> None:
    both = total([(cost(10, 1, 4), 3600), (cost(5, 3, 1), 7200)])
    assert both == cost(15, 7 / 3, 2)


@pytest.mark.parametrize("seed", range(5))
def test_a_part_is_the_load_from_its_beginning_to_its_end(seed: int) -> None:
    draw = random.Random(seed)
    starts = [0, *sorted(draw.sample(range(1, 100), 9))]
    load = Load(starts, [draw.choice((None, 1.0, 2.0)) for _ in starts], 100)
    piece = part(load, 20, 70)
    assert piece.end == 50
    assert [piece.at(second) for second in range(50)] == [load.at(s) for s in range(20, 70)]
