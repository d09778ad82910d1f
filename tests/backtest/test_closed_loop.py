"""Whatever the lag between commit and ready pods: no wind-up, and no oscillation."""

from __future__ import annotations

import pytest

from bridge.backtest.demand import Curve
from tests.backtest.loops import CURVES, LAGS, METRICS, Metered, looped, need

TURNS = {"step": 0, "ramp": 1, "spike": 1, "noisy day": 2}
SHAKY = {"latency": 4}  # twice as far from its target as the demand is: noise moves it more


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
@pytest.mark.parametrize("metered", METRICS, ids=lambda metered: metered.name)
def test_no_lag_winds_up_or_oscillates(metered: Metered, curve: Curve) -> None:
    for lag in LAGS:
        found = looped(metered, curve, lag)
        assert max(found.committed) <= 1.1 * need(curve)
        assert found.turns <= TURNS[curve.name] + (
            SHAKY.get(metered.name, 0) if curve.name == "noisy day" else 0
        )
