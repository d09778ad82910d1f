"""Windows and rates are HPA v2's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decide.behavior import Bounds, Changes, rate_limited
from bridge.decide.memory import Change, Recommended
from bridge.decide.stabilization import Windows, quantile, stabilized
from bridge.policy.behavior import Behavior

HALF, MOST, DOUBLE = Decimal("0.5"), Decimal("0.8"), Decimal(1)
EVENTS = ((100.001, 1), (60.001, 5), (20.001, 9))


ANY_COUNT = Bounds(0, 100_000)


def changes(events: tuple[tuple[float, int], ...]) -> Changes:
    """Changes by their age: rises above 0, falls below."""
    ups = [Change(age, by) for age, by in events if by > 0]
    return Changes(ups, [Change(age, -by) for age, by in events if by < 0])


def rules(*policies: tuple[str, int, int], select: str = "Max") -> dict[str, Any]:
    """Rules for one direction, as (type, value, seconds)."""
    listed = [{"type": kind, "value": by, "periodSeconds": s} for kind, by, s in policies]
    return {"selectPolicy": select, "policies": listed}


@pytest.mark.parametrize(
    ("current", "desired", "up", "down", "past", "expected"),
    [
        pytest.param(100, 5, 0, 0, (), 5, id="no past, no window"),
        pytest.param(1, 7, 300, 0, ((120, 4), (60, 5)), 4, id="up to the lowest of the window"),
        pytest.param(100, 3, 0, 0, ((600, 10), (540, 9)), 3, id="down at once"),
        pytest.param(1, 100, 0, 0, ((600, 10), (540, 9)), 100, id="up at once"),
        pytest.param(2, 1, 300, 300, ((6000, 2), (180, 3)), 2, id="not down after a higher wish"),
        pytest.param(2, 3, 300, 300, ((6000, 2), (180, 1)), 2, id="not up after a lower wish"),
        pytest.param(5, 2, 0, 300, ((299, 4), (301, 9)), 4, id="down to the highest of the window"),
        pytest.param(5, 2, 0, 300, ((300, 9),), 2, id="the window's far end is outside"),
        pytest.param(5, 9, 60, 300, ((50, 3),), 5, id="an earlier lower wish holds, not lowers"),
        pytest.param(5, 2, 0, 300, ((50, 12),), 5, id="an earlier higher wish holds, not raises"),
        pytest.param(6, 4, 120, 300, ((200, 7), (100, 5)), 6, id="both windows"),
        pytest.param(5, 9, 60, 0, ((60, 3),), 9, id="the far end of the window up is outside"),
    ],
)
def test_a_wish_waits_for_its_window(
    *,
    current: int,
    desired: int,
    up: int,
    down: int,
    past: tuple[tuple[float, int], ...],
    expected: int,
) -> None:
    recommended = (Recommended(age, replicas) for age, replicas in past)
    assert stabilized(current, desired, Windows(up, down), recommended) == expected


LATELY = ((15, 9), (30, 12), (45, 9), (60, 5), (75, 20))


@pytest.mark.parametrize(
    ("current", "desired", "windows", "expected"),
    [
        pytest.param(
            8,
            9,
            Windows(90, 300, up_quantile=HALF),
            9,
            id="up to what half of the window asks for",
        ),
        pytest.param(
            9,
            12,
            Windows(90, 300, up_quantile=HALF),
            9,
            id="not up by the few peaks of the window",
        ),
        pytest.param(
            8,
            40,
            Windows(90, 300, up_quantile=HALF),
            9,
            id="of a new peak what the window bears",
        ),
        pytest.param(
            8,
            17,
            Windows(90, 300, surge=DOUBLE),
            17,
            id="more than twice the count waits for no window",
        ),
        pytest.param(8, 16, Windows(90, 300, surge=DOUBLE), 8, id="twice the count waits"),
        pytest.param(
            20,
            5,
            Windows(0, 300, down_quantile=MOST),
            12,
            id="down although a peak asked for more",
        ),
        pytest.param(20, 5, Windows(0, 300), 20, id="by default the highest of the window holds"),
        pytest.param(
            4,
            30,
            Windows(0, 300, down_quantile=HALF),
            30,
            id="the window down never holds a rise",
        ),
        pytest.param(
            10,
            6,
            Windows(90, 300, HALF, HALF),
            9,
            id="down to what half of the window asked for",
        ),
    ],
)
def test_a_quantile_of_the_window_may_count(
    current: int, desired: int, windows: Windows, expected: int
) -> None:
    recommended = (Recommended(age, replicas) for age, replicas in LATELY)
    assert stabilized(current, desired, windows, recommended) == expected


@given(st.integers(0, 1000), st.integers(1, 3000))
def test_a_quantile_is_the_nearest_rank_exactly(thousandths: int, length: int) -> None:
    rank = max(1, -(-thousandths * length // 1000))  # ceil(0.55 * 20) is 12 in floats
    assert quantile(range(1, length + 1), Decimal(thousandths) / 1000) == rank


@given(
    st.integers(0, 50),
    st.integers(0, 50),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 50)), max_size=20),
    st.decimals(0, 1),
    st.decimals(0, 1),
)
def test_a_quantile_never_moves_past_the_wish(
    current: int, desired: int, past: list[tuple[int, int]], low: Decimal, high: Decimal
) -> None:
    recommended = [Recommended(age, replicas) for age, replicas in past]
    count = stabilized(current, desired, Windows(120, 300, low, high), recommended)
    assert min(current, desired) <= count <= max(current, desired)


@pytest.mark.parametrize(
    ("current", "desired", "up", "events", "expected"),
    [
        pytest.param(3, 1000, rules(("Percent", 1, 60)), (), 4, id="a percent is at least one"),
        pytest.param(10, 50, {}, (), 20, id="the default doubles"),
        pytest.param(1, 50, {}, (), 5, id="the default adds four to a few"),
        pytest.param(10, 50, rules(("Pods", 30, 60)), (), 40, id="pods"),
        pytest.param(10, 50, rules(("Percent", 200, 60)), (), 30, id="percent"),
        pytest.param(10, 50, rules(("Pods", 10_000, 60)), (), 50, id="no more than desired"),
        pytest.param(100, 500, rules(("Pods", 5, 120)), EVENTS, 100, id="the budget is used up"),
        pytest.param(100, 500, rules(("Pods", 150, 120)), EVENTS, 235, id="pods since the start"),
        pytest.param(
            100, 500, rules(("Percent", 200, 120)), EVENTS, 255, id="percent of the start"
        ),
        pytest.param(
            100, 500, rules(("Pods", 50, 60)), EVENTS, 141, id="older changes don't count"
        ),
        pytest.param(
            10, 50, rules(("Pods", 5, 60)), ((60, 5),), 15, id="the period's end is outside"
        ),
        pytest.param(10, 50, rules(("Pods", 9, 60), ("Percent", 50, 60)), (), 19, id="Max"),
        pytest.param(
            10, 50, rules(("Pods", 9, 60), ("Percent", 50, 60), select="Min"), (), 15, id="Min"
        ),
        pytest.param(10, 50, rules(("Pods", 9, 60), select="Disabled"), (), 10, id="Disabled"),
        pytest.param(10, 10, rules(("Pods", 1, 60)), ((1, 50),), 10, id="nothing to limit"),
    ],
)
def test_a_rise_is_limited_by_the_rates(
    current: int,
    desired: int,
    up: dict[str, Any],
    events: tuple[tuple[float, int], ...],
    expected: int,
) -> None:
    behavior = Behavior.model_validate({"scaleUp": up})
    limited = rate_limited(current, desired, ANY_COUNT, behavior, changes(events))
    assert limited.replicas == expected


@pytest.mark.parametrize(
    ("current", "desired", "down", "events", "expected"),
    [
        pytest.param(100, 2, rules(("Pods", 20, 60), ("Percent", 1, 60)), (), 80, id="Max, pods"),
        pytest.param(100, 2, rules(("Pods", 2, 60), ("Percent", 1, 60)), (), 98, id="Max, tie"),
        pytest.param(
            100, 2, rules(("Pods", 20, 60), ("Percent", 1, 60), select="Min"), (), 99, id="Min"
        ),
        pytest.param(10, 2, rules(("Pods", 5, 60)), (), 5, id="pods"),
        pytest.param(15, 2, rules(("Percent", 50, 60)), (), 7, id="percent, cut off"),
        pytest.param(1000, 2, rules(("Percent", 90, 60)), (), 99, id="doubles, cut off"),
        pytest.param(10, 2, {}, (), 2, id="the default lets all go"),
        pytest.param(10, 0, rules(("Pods", 100, 60)), (), 0, id="no lower than desired"),
        pytest.param(10, 2, rules(("Pods", 5, 60), select="Disabled"), (), 10, id="Disabled"),
        pytest.param(15, 1, rules(("Pods", 5, 60)), ((20, -5),), 15, id="the budget is used up"),
        pytest.param(
            17, 1, rules(("Pods", 5, 60)), ((20, -3),), 15, id="the budget is partly used"
        ),
        pytest.param(15, 1, rules(("Pods", 5, 60)), ((20, 8),), 2, id="a rise widens the way down"),
        pytest.param(15, 1, rules(("Pods", 5, 60)), ((20, -9),), 15, id="never up on the way down"),
    ],
)
def test_a_fall_is_limited_by_the_rates(
    current: int,
    desired: int,
    down: dict[str, Any],
    events: tuple[tuple[float, int], ...],
    expected: int,
) -> None:
    behavior = Behavior.model_validate({"scaleDown": down})
    limited = rate_limited(current, desired, ANY_COUNT, behavior, changes(events))
    assert limited.replicas == expected


TWO = (("Pods", 4, 60), ("Percent", 50, 120))


@pytest.mark.parametrize(
    ("current", "desired", "behavior", "bounds", "expected"),
    [
        pytest.param(4, 9, rules(*TWO), ANY_COUNT, (8, "ScaleUpLimit", 0), id="the widest"),
        pytest.param(
            4, 9, rules(*TWO, select="Min"), ANY_COUNT, (6, "ScaleUpLimit", 1), id="the narrowest"
        ),
        pytest.param(
            20, 1, rules(*TWO), ANY_COUNT, (10, "ScaleDownLimit", 1), id="on the way down"
        ),
        pytest.param(4, 9, rules(*TWO), Bounds(1, 8), (8, "TooManyReplicas", None), id="a bound"),
        pytest.param(
            4,
            9,
            rules(*TWO, select="Disabled"),
            ANY_COUNT,
            (4, "ScaleUpLimit", None),
            id="Disabled",
        ),
        pytest.param(4, 5, rules(*TWO), ANY_COUNT, (5, "DesiredWithinRange", None), id="nothing"),
    ],
)
def test_what_limited_a_count_names_its_policy(
    current: int,
    desired: int,
    behavior: dict[str, Any],
    bounds: Bounds,
    expected: tuple[int, str, int | None],
) -> None:
    given = Behavior.model_validate({"scaleUp": behavior, "scaleDown": behavior})
    limited = rate_limited(current, desired, bounds, given, changes(()))
    assert (limited.replicas, limited.limit, limited.rule) == expected
