"""One metric's wish is the HPA's, to the last bit."""

from __future__ import annotations

import sys

import pytest

from bridge.decide.recommendation import Tolerance, average_value, to_milli, whole_value

TENTH = Tolerance()
NONE = Tolerance(0.0, 0.0)


@pytest.mark.parametrize(
    ("ratio", "spared"),
    [
        pytest.param(1.1, True, id="the upper end belongs to it"),
        pytest.param(1.1000000000000003, False, id="the next number does not"),
        pytest.param(0.9, True, id="the lower end belongs to it"),
        pytest.param(0.8999999999999999, False, id="the number before does not"),
        pytest.param(1.0, True, id="the middle"),
        pytest.param(float("inf"), False, id="infinity"),
        pytest.param(float("nan"), False, id="no number"),
    ],
)
def test_tolerance_includes_both_ends(ratio: float, spared: bool) -> None:
    assert TENTH.spares(ratio) is spared


def test_tolerance_has_a_side_of_its_own_each_way() -> None:
    lopsided = Tolerance(up=0.5, down=0.0)
    assert [lopsided.spares(ratio) for ratio in (0.99, 1.0, 1.5, 1.51)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("usage", "target", "replicas", "tolerance", "wish"),
    [
        pytest.param(8_600, 2_150, 3, TENTH, 4, id="up"),
        pytest.param(6_000, 2_000, 5, TENTH, 3, id="down"),
        pytest.param(8_600, 2_867, 5, TENTH, 3, id="down, rounded up"),
        pytest.param(20_166, 5_000, 4, TENTH, 4, id="within tolerance"),
        pytest.param(20_208, 5_000, 4, Tolerance(0.01, 0.1), 5, id="beyond a smaller tolerance"),
        pytest.param(110_000, 10_000, 10, TENTH, 10, id="exactly 10 % more"),
        pytest.param(110_001, 10_000, 10, TENTH, 12, id="just over 10 % more"),
        pytest.param(90_000, 10_000, 10, TENTH, 10, id="exactly 10 % less"),
        pytest.param(89_999, 10_000, 10, TENTH, 9, id="just over 10 % less"),
        pytest.param(0, 10_000, 5, TENTH, 0, id="nothing to do"),
        pytest.param(25_000, 10_000, 0, TENTH, 3, id="from zero"),
        pytest.param(0, 10_000, 0, TENTH, 0, id="from zero, nothing to do"),
        pytest.param(-5_000, 1_000, 3, TENTH, -5, id="a negative total"),
        pytest.param(2**63 - 1, 1, 3, TENTH, 2**31 - 1, id="beyond counting"),
        pytest.param(5_000, 5_000, 1, NONE, 1, id="exact without tolerance"),
        pytest.param(5_001, 5_000, 1, NONE, 2, id="a thousandth more without tolerance"),
    ],
)
def test_average_value_gives_each_replica_at_most_the_target(
    usage: int, target: int, replicas: int, tolerance: Tolerance, wish: int
) -> None:
    assert average_value(usage, target, replicas, tolerance) == wish


@pytest.mark.parametrize(
    ("usage", "target", "replicas", "ready", "tolerance", "wish"),
    [
        pytest.param(8_600, 4_400, 3, 1, TENTH, 2, id="the ready ones count, not the committed"),
        pytest.param(12_000, 20_000, 5, 5, TENTH, 3, id="down"),
        pytest.param(20_666, 20_000, 3, 3, TENTH, 3, id="within tolerance"),
        pytest.param(20_666, 20_000, 3, 3, Tolerance(0.01, 0.1), 4, id="beyond a smaller one"),
        pytest.param(190_000, 100_000, 3, 3, Tolerance(2.0, 0.1), 3, id="within 200 % up"),
        pytest.param(65_000, 100_000, 3, 3, Tolerance(0.1, 0.34), 2, id="outside 34 % down"),
        pytest.param(11_001, 10_000, 3, 3, TENTH, 4, id="just over 10 % more"),
        pytest.param(9_000, 10_000, 10, 10, TENTH, 10, id="exactly 10 % less"),
        pytest.param(10_000, 10_000, 5, 0, TENTH, 5, id="none ready, but in tolerance"),
        pytest.param(20_000, 10_000, 4, 6, TENTH, 12, id="more ready than committed"),
        pytest.param(56_000, 50_000, 100, 100, TENTH, 113, id="the product of doubles rounds up"),
        pytest.param(105_000, 100_000, 0, 0, TENTH, 2, id="from zero there is no tolerance"),
        pytest.param(0, 100_000, 0, 0, TENTH, 0, id="from zero, nothing to do"),
        pytest.param(5_000, 5_000, 7, 7, NONE, 7, id="exact without tolerance"),
        pytest.param(2**63 - 1, 1, 3, 3, TENTH, 2**31 - 1, id="beyond counting"),
        pytest.param(-1_000, 1_000, 3, 3, TENTH, -3, id="a negative value"),
    ],
)
def test_value_is_met_in_proportion_to_what_lives(
    *, usage: int, target: int, replicas: int, ready: int, tolerance: Tolerance, wish: int
) -> None:
    assert whole_value(usage, target, replicas, ready, tolerance) == wish


@pytest.mark.parametrize(
    ("value", "thousandths"),
    [
        (0.0, 0),
        (8.6, 8_600),
        (0.0625, 62),
        (0.1875, 188),
        (2.0005, 2_001),
        (-1.5, 0),
        (1e15, 10**18),
        (sys.float_info.max, int(sys.float_info.max) * 1000),
        (-sys.float_info.max, 0),
        (float("nan"), 0),
        (5e-324, 0),
    ],
)
def test_a_sample_is_counted_in_thousandths(value: float, thousandths: int) -> None:
    assert to_milli(value) == thousandths
