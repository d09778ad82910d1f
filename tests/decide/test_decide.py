"""The way from readings to a decision, with every step told in its words."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.evaluate.reading import Moment
from tests.decide.given import NOW, decided, moment
from tests.policy.given import metric, policy

TWO = {"metrics": [metric("load"), metric("busy", "600m", "Value")]}
AT_ONCE = {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}


@pytest.mark.parametrize(
    ("spec", "now", "committed", "desired", "reasons"),
    [
        pytest.param(
            {}, moment(load=640), 4, 7, ["load 640 at 100 per replica asks for 7"], id="up"
        ),
        pytest.param(
            {}, moment(load=440), 4, 4, ["load 440 at 100 per replica asks for 4"], id="+10 %"
        ),
        pytest.param(
            {}, moment(load=360), 4, 4, ["load 360 at 100 per replica asks for 4"], id="-10 %"
        ),
        pytest.param(
            {}, moment(load=210.5), 4, 3, ["load 210.5 at 100 per replica asks for 3"], id="down"
        ),
        pytest.param(
            TWO,
            moment(ready=4, load=200, busy=0.9),
            4,
            6,
            [
                "load 200 at 100 per replica asks for 2",
                "busy 0.9 against 0.6 with 4 ready asks for 6",
            ],
            id="the highest wish wins",
        ),
        pytest.param(
            TWO,
            moment(ready=5, load=200, busy=0.3),
            8,
            3,
            [
                "load 200 at 100 per replica asks for 2",
                "busy 0.3 against 0.6 with 5 ready asks for 3",
            ],
            id="a Value counts the ready, not the committed",
        ),
        pytest.param(
            TWO,
            moment(ready=2, load=200, busy=0.9),
            4,
            4,
            [
                "load 200 at 100 per replica asks for 2",
                "busy 0.9 against 0.6 with 2 ready asks for 3",
                "busy above target (2 ready of 4 committed): no scale-down, held at 4",
            ],
            id="but is no reason for less while it is above its target",
        ),
        pytest.param(
            TWO,
            moment(load=600, busy=0.9),
            4,
            6,
            [
                "load 600 at 100 per replica asks for 6",
                "busy 0.9 needs live ready replicas (no data)",
            ],
            id="a Value without ready replicas is unknown",
        ),
        pytest.param(
            TWO,
            moment(ready=4, load="no data", busy=1.2),
            4,
            8,
            ["load unknown (no data)", "busy 1.2 against 0.6 with 4 ready asks for 8"],
            id="a failed metric lets the others raise",
        ),
        pytest.param(
            TWO,
            moment(ready=4, load="no data", busy=0.1),
            4,
            4,
            [
                "load unknown (no data)",
                "busy 0.1 against 0.6 with 4 ready asks for 1",
                "no scale-down while a metric is unknown: held at 4",
            ],
            id="a failed metric blocks the way down",
        ),
        pytest.param(
            TWO,
            moment(ready=4, load="no data", busy=0.6),
            4,
            4,
            ["load unknown (no data)", "busy 0.6 against 0.6 with 4 ready asks for 4"],
            id="a failed metric is no matter where nothing is to be done",
        ),
        pytest.param(
            TWO,
            moment(load="NaN", busy="slow"),
            4,
            4,
            ["load unknown (NaN)", "busy unknown (slow)", "no metric is known: held at 4"],
            id="nothing known holds",
        ),
        pytest.param(
            {},
            moment(load=5000),
            15,
            20,
            [
                "load 5000 at 100 per replica asks for 50",
                "limited by maxReplicas to 20",
            ],
            id="the nearer limit is told",
        ),
        pytest.param(
            {"minReplicas": 3},
            moment(load=0),
            5,
            3,
            ["load 0 at 100 per replica asks for 0", "limited by minReplicas to 3"],
            id="the minimum",
        ),
        pytest.param(
            {"minReplicas": 0},
            moment(load=250),
            0,
            3,
            ["load 250 at 100 per replica asks for 3"],
            id="from zero where zero is allowed",
        ),
        pytest.param(
            {"minReplicas": 0},
            moment(load=0),
            1,
            0,
            ["load 0 at 100 per replica asks for 0"],
            id="to zero where zero is allowed",
        ),
        pytest.param(
            {},
            moment(load=9000),
            0,
            0,
            ["scaled to 0 in Git: left alone until a person scales it up"],
            id="zero is left alone",
        ),
        pytest.param(
            {}, moment(load="?"), 25, 20, ["above maxReplicas, set to 20"], id="above, unmeasured"
        ),
        pytest.param(
            {"minReplicas": 4},
            moment(load="?"),
            3,
            4,
            ["below minReplicas, set to 4"],
            id="below, unmeasured",
        ),
    ],
)
def test_each_step_is_a_reason(
    *, spec: dict[str, Any], now: Moment, committed: int, desired: int, reasons: list[str]
) -> None:
    made = decided(policy(**{**AT_ONCE, **spec}), now, committed)
    assert (made.current, made.desired, list(made.reasons)) == (committed, desired, reasons)


def test_a_count_at_a_limit_is_decided_as_any_other() -> None:
    asked = policy(**AT_ONCE, minReplicas=3)
    assert decided(asked, moment(load=400), 20).desired == 4
    assert decided(asked, moment(load=400), 3).desired == 4


def test_what_is_unknown_is_an_error_of_the_decision() -> None:
    made = decided(policy(**TWO), moment(load="no data", busy=1), 4)
    assert made.errors == ("load unknown (no data)", "busy 1 needs live ready replicas (no data)")
    assert not made.changes


def test_a_moment_without_a_name_for_unknown_ready_replicas_says_unknown() -> None:
    bare = Moment(NOW, moment(busy=1).readings)
    made = decided(policy(metrics=[metric("busy", 1, "Value")]), bare, 4)
    assert made.reasons[0] == "busy 1 needs live ready replicas (unknown)"
