from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.demo.load import NOMINAL, POLLING, Demand, Sale
from bridge.demo.seed import policies_folder
from bridge.policy.loading import parse_policy

DEMAND = Demand(quiet=100, peak=500)


@pytest.mark.parametrize(
    ("elapsed", "share"),
    [
        pytest.param(0, 0.0, id="quiet at first"),
        pytest.param(20, 0.0, id="quiet until it opens"),
        pytest.param(20.5, 0.35, id="half-way up the steep part"),
        pytest.param(30, 0.7, id="steady"),
        pytest.param(38.5, 0.85, id="growing"),
        pytest.param(58, 1.0, id="the peak"),
        pytest.param(59, 0.0, id="sold out"),
        pytest.param(NOMINAL, 0.0, id="quiet again"),
    ],
)
def test_the_sale_opens_grows_and_ends(elapsed: float, share: float) -> None:
    assert Sale(opens=20).share(elapsed) == pytest.approx(share)


def test_a_shorter_run_has_a_shorter_sale() -> None:
    assert Sale(opens=10, pace=0.5).share(28) == 1.0
    assert Sale(opens=10, pace=0.5).share(30) == 0.0


def test_no_sale_without_an_opening() -> None:
    assert Sale().share(1e6) == 0.0


@given(st.floats(0, NOMINAL))
def test_demand_stays_near_its_curve(elapsed: float) -> None:
    sale = Sale(opens=20)
    curve = DEMAND.quiet + (DEMAND.peak - DEMAND.quiet) * sale.share(elapsed)
    assert DEMAND.at(elapsed, sale) == pytest.approx(curve, rel=0.016)


@given(st.floats(1.6e9, 1.9e9), st.floats(0.3, 2))
def test_the_sale_opens_four_seconds_after_a_tick(now: float, pace: float) -> None:
    opens = Sale.after_tick(now, pace).opens
    assert 3 * pace + 4 - 1e-3 <= opens <= 3 * pace + POLLING + 4 + 1e-3
    ticks = (now + opens - 4) / POLLING
    assert ticks == pytest.approx(round(ticks), abs=1e-3)


def test_the_policies_tick_as_the_curve_assumes() -> None:
    files = sorted(policies_folder().glob("*.yaml"))
    policies = [parse_policy(file.read_bytes(), file.name) for file in files]
    assert {policy.spec.polling_interval for policy in policies} == {POLLING}
