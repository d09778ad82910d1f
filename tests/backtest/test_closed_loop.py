"""Whatever the lag between commit and ready pods: no wind-up, no oscillation; and forecasts help.

The page shows what the loops come to, row by row: `make tables` writes it.
"""

from __future__ import annotations

import pytest

from bridge.backtest.closed_loop import Loop, run
from bridge.backtest.demand import Curve
from bridge.backtest.foresight import line
from bridge.backtest.load import Load
from bridge.backtest.meter import Meter
from bridge.batch.batcher import Debounce
from bridge.decide.decision import Decision
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
    ramp,
    written,
)
from tests.policy.given import metric, policy

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
        assert one.peak <= PEAK * need(curve)
        assert one.turns <= TURNS[curve.name]
    assert loop_row(metered, curve, found) in shown, "run `make tables`"


@pytest.mark.parametrize(
    ("curve", "forecast"), [pytest.param(c, f, id=f"{c.name}, {f}") for c, f in FORECAST_LOOPS]
)
def test_the_page_shows_what_forecasts_do(curve: Curve, forecast: str, shown: list[str]) -> None:
    found = at_each_lag(TOTAL, curve, forecast)
    assert forecast_row(curve, forecast, found) in shown, "run `make tables`"


def test_a_forecast_beats_none_on_a_ramp_with_a_dead_time_of_minutes() -> None:
    rising = CURVES[1]
    off, on = (looped(TOTAL, rising, 180, forecast) for forecast in ("off", "linear"))
    assert lacking(on) < 0.7 * lacking(off)
    assert hours(on) < 1.1 * hours(off)
    assert on.peak <= PEAK * need(rising)


def test_the_page_has_no_other_rows(shown: list[str]) -> None:
    rows = [
        line for line in shown if line.startswith("| ") and " / " in line and "peak" not in line
    ]
    assert len(rows) == len(LOOPS) + len(FORECAST_LOOPS)


def test_a_dead_time_is_measured_as_the_service_does() -> None:
    made = list[Decision]()
    looped(TOTAL, CURVES[0], 180, seen=lambda _, decision: made.append(decision))
    times = [decision.dead_time for decision in made]
    assert times[0] is None
    assert times[-1] == 180
    assert times == sorted(times, key=lambda one: one or 0)


def test_a_line_is_drawn_through_all_points() -> None:
    assert line([(-30, 1), (-15, 2), (0, 3)], 60) == pytest.approx(7)
    assert line([(-30, 0), (-15, 3), (0, 0)], 60) == pytest.approx(1)
    assert line([(0, 4)], 60) == 4


def test_of_two_metrics_each_has_its_own_forecast() -> None:
    rising = ramp(400, 1600, start=0, end=600, seconds=300)
    asked = policy(
        maxReplicas=50,
        metrics=[{**metric("load"), "forecast": {"type": "linear"}}, metric("jobs", 1000)],
    )
    load, made = Load.of(rising, before=600), list[Decision]()
    loop = Loop(
        metrics={"load": Meter(load), "jobs": Meter(load)},
        reconcile=10,
        start=20,
        debounce=Debounce(10, 30),
        scale_up=Debounce(1, 5),
    )
    run(asked, loop, load, 4, lambda _, decision: made.append(decision))
    first, second = made[-1].reasons[:2]
    assert "in 30 s (linear)," in first
    assert second == "jobs 970 at 1000 per replica asks for 1"


def test_the_tables_are_written_in_place() -> None:
    page = "a\n<!-- x -->\n| h |\n|---|\n| old |\n| rows |\n<!-- end of x -->\nb\n"
    head, tail = "a\n<!-- x -->\n| h |\n|---|\n", "<!-- end of x -->\nb\n"
    assert written(page, "x", ["| new |"]) == f"{head}| new |\n{tail}"
    assert written(f"{head}{tail}", "x", ["| 1 |", "| 2 |"]) == f"{head}| 1 |\n| 2 |\n{tail}"
    assert written(page, "y", ["| new |"]) == page
