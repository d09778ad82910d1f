"""Whatever the lag between commit and ready pods: no wind-up, no oscillation; and forecasts help.

The page shows what the loops come to, row by row: `make tables` writes it.
"""

from __future__ import annotations

import pytest

from bridge.backtest.demand import Curve
from bridge.backtest.foresight import line
from tests.backtest.loops import (
    CURVES,
    FORECAST_LOOPS,
    LOOPS,
    PAGE,
    TOTAL,
    Metered,
    at_each_lag,
    forecast_row,
    hours,
    lacking,
    loop_row,
    looped,
    need,
)

TURNS = {"step": 0, "ramp": 1, "spike": 1, "noisy day": 1}
PEAK = 1.1 + 0.1  # within 10 % of the need, and what the tolerance of 10 % spares a fall


@pytest.fixture(scope="module")
def shown() -> list[str]:
    """The lines of the page."""
    return PAGE.read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("metered", "curve"), [pytest.param(m, c, id=f"{m.name}, {c.name}") for m, c in LOOPS]
)
def test_no_lag_winds_up_or_oscillates(metered: Metered, curve: Curve, shown: list[str]) -> None:
    found = at_each_lag(metered, curve)
    for one in found:
        assert max(one.committed) <= PEAK * need(curve)
        assert one.turns <= TURNS[curve.name]
    assert loop_row(metered, curve, found) in shown, "run `make tables`"


@pytest.mark.parametrize(
    ("curve", "forecast"), [pytest.param(c, f, id=f"{c.name}, {f}") for c, f in FORECAST_LOOPS]
)
def test_the_page_shows_what_forecasts_do(curve: Curve, forecast: str, shown: list[str]) -> None:
    found = at_each_lag(TOTAL, curve, forecast)
    assert forecast_row(curve, forecast, found) in shown, "run `make tables`"


def test_a_forecast_beats_none_on_a_ramp_with_a_dead_time_of_minutes() -> None:
    ramp = CURVES[1]
    off, on = (looped(TOTAL, ramp, 180, forecast) for forecast in ("off", "linear"))
    assert lacking(on) < 0.7 * lacking(off)
    assert hours(on) < 1.1 * hours(off)
    assert max(on.committed) <= PEAK * need(ramp)


def test_the_page_has_no_other_rows(shown: list[str]) -> None:
    rows = [
        line for line in shown if line.startswith("| ") and " / " in line and "peak" not in line
    ]
    assert len(rows) == len(LOOPS) + len(FORECAST_LOOPS)


def test_a_dead_time_is_measured_as_the_service_does() -> None:
    found = looped(TOTAL, CURVES[0], 180)
    times = [decision.dead_time for decision in found.decisions]
    assert times[0] is None
    assert times[-1] == 180
    assert times == sorted(times, key=lambda one: one or 0)


def test_a_line_is_drawn_through_all_points() -> None:
    assert line([(-30, 1), (-15, 2), (0, 3)], 60) == pytest.approx(7)
    assert line([(-30, 0), (-15, 3), (0, 0)], 60) == pytest.approx(1)
    assert line([(0, 4)], 60) == 4
