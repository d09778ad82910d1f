"""Windows, rates, changes in flight and people's orders hold a wish back."""

from __future__ import annotations

import pytest

from bridge.decide.override import Override
from bridge.decide.recall import Scaled
from bridge.decide.window import window_to_know
from bridge.evaluate.reading import Moment, Past
from tests.decide.given import ago, decided, moment
from tests.policy.given import metric, policy

AT_ONCE = {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}
SLOW = Scaled(ago(30), 4)
ROBIN = Override(ago(600), "Robin", "0123456789abcdef", 3)


def test_the_highest_wish_of_the_window_holds_a_fall() -> None:
    past = (moment(301, load=1900), moment(299, load=700), moment(0, load=200))
    made = decided(policy(), moment(load=200), 10, past=past)
    assert made.desired == 7
    assert made.reasons[1:] == ("held by the stabilization window at 7",)


def test_the_lowest_wish_of_the_window_holds_a_rise() -> None:
    waiting = policy(behavior={"scaleUp": {"stabilizationWindowSeconds": 60}})
    past = (moment(61, load=100), moment(59, load=600))
    assert decided(waiting, moment(load=800), 4, past=past).desired == 6


def test_the_past_is_counted_with_the_ready_replicas_of_its_time() -> None:
    busy = policy(metrics=[metric("busy", 1, "Value")])
    past = (moment(60, ready=4, busy=2), moment(20, ready=3, busy=1))
    made = decided(busy, moment(ready=10, busy=0.1), 10, past=past)
    assert made.desired == 8  # 4 x 2


def test_the_highest_wish_counts_in_the_past_too() -> None:
    two = policy(metrics=[metric("load"), metric("jobs", 10)])
    past = (moment(60, load=300, jobs=70), moment(30, load=800, jobs=10))
    assert decided(two, moment(load=200, jobs=10), 10, past=past).desired == 8


def test_an_unknown_past_blocks_the_way_down_and_nothing_else() -> None:
    unknown = Past(error="timeout")
    why = "the past of the metrics is unknown (timeout)"
    down = decided(policy(), moment(load=100), 4, past=unknown)
    assert (down.desired, down.errors) == (4, (why,))
    assert down.reasons[1:] == (f"{why}: no scale-down, held at 4",)
    up = decided(policy(), moment(load=600), 4, past=unknown)
    assert (up.desired, up.errors) == (6, ())


@pytest.mark.parametrize(
    ("load", "changes", "desired"),
    [
        pytest.param(2000, (Scaled(ago(14), 5),), 10, id="the budget of the period is used up"),
        pytest.param(2000, (Scaled(ago(14), 2),), 16, id="a part of it is left"),
        pytest.param(2000, (Scaled(ago(15), 5),), 20, id="older changes don't count"),
        pytest.param(2000, (Scaled(ago(14), -10),), 20, id="a fall gives room for a rise"),
    ],
)
def test_rates_count_the_changes_in_the_log(
    load: float, changes: tuple[Scaled, ...], desired: int
) -> None:
    assert (
        decided(policy(maxReplicas=100), moment(load=load), 10, changes=changes).desired == desired
    )


@pytest.mark.parametrize(
    ("ready", "load", "changes", "desired"),
    [
        pytest.param(4, 300, (SLOW,), 8, id="a fall waits for the pods"),
        pytest.param(4, 900, (SLOW,), 9, id="a rise does not"),
        pytest.param(8, 300, (SLOW,), 3, id="all pods are ready"),
        pytest.param(4, 300, (), 3, id="nothing was changed lately"),
        pytest.param(4, 300, (Scaled(ago(601), 4),), 3, id="waited long enough"),
        pytest.param(4, 300, (Scaled(ago(600), 4),), 8, id="not yet long enough"),
        pytest.param(4, 300, (Scaled(ago(900), 1), SLOW), 8, id="the latest change counts"),
        pytest.param(None, 300, (SLOW,), 3, id="ready replicas are unknown and not needed"),
    ],
)
def test_a_change_in_flight_is_only_raised(
    ready: int | None, load: float, changes: tuple[Scaled, ...], desired: int
) -> None:
    made = decided(policy(**AT_ONCE), moment(ready=ready, load=load), 8, changes=changes)
    assert made.desired == desired
    held = "in flight (4 ready of 8 committed): no scale-down, held at 8"
    assert (made.reasons[-1] == held) == (desired == 8)


def test_a_persons_order_is_held_until_its_time_is_over() -> None:
    held = decided(policy(minReplicas=5), moment(load=900), 3, override=ROBIN)
    assert (held.desired, held.errors) == (3, ())
    assert held.reason == "held at 3 until 12:20 UTC: Robin set it in 0123456789ab"
    assert decided(policy(overrideHold="10m"), moment(load=900), 3, override=ROBIN).desired == 7
    assert decided(policy(overrideHold="601s"), moment(load=900), 3, override=ROBIN).desired == 3
    assert decided(policy(overrideHold=0), moment(load=400), 3, override=ROBIN).desired == 4


@pytest.mark.parametrize(
    ("now", "window"),
    [
        pytest.param(moment(load=400), 0, id="steady needs no past"),
        pytest.param(moment(load="?"), 0, id="unknown needs no past"),
        pytest.param(moment(load=900), 60, id="a rise needs the window up"),
        pytest.param(moment(load=100), 300, id="a fall needs the window down"),
    ],
)
def test_the_past_is_asked_for_as_far_as_it_matters(now: Moment, window: float) -> None:
    asked = policy(behavior={"scaleUp": {"stabilizationWindowSeconds": 60}})
    assert window_to_know(asked, now, 4) == window


@pytest.mark.parametrize(("jobs", "window"), [(90, 60), (40, 0), (20, 300)])
def test_the_highest_wish_says_which_window_matters(jobs: float, window: float) -> None:
    up = {"scaleUp": {"stabilizationWindowSeconds": 60}}
    two = policy(behavior=up, metrics=[metric("load"), metric("jobs", 10)])
    assert window_to_know(two, moment(load=100, jobs=jobs), 4) == window
