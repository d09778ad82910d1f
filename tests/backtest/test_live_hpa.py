"""A live HPA in the loop: at once, by the HPA's arithmetic alone."""

from __future__ import annotations

from bridge.backtest.closed_loop import Loop, Run, run_live
from bridge.backtest.live_hpa import plain_hpa
from bridge.backtest.load import Load
from bridge.backtest.meter import Meter
from tests.policy.given import metric, policy

LOAD = Load([0, 100, 1000], [200.0, 900.0, 100.0], 2000)


def live(load: Load, start: float = 10, says: str = "", **spec: object) -> Run:
    """A run of a live HPA over that load, from 2 replicas."""
    meter = Meter(load, (lambda demand, ready: demand / ready) if says else None)
    loop = Loop(metrics={"load": meter}, reconcile=77, start=start)
    return run_live(policy(**spec), loop, load, 2)


def test_it_follows_on_the_next_period_with_no_other_delay() -> None:
    found = live(LOAD)
    assert [(one.second, one.before, one.after) for one in found.commits] == [
        (105, 2, 6),  # at most 4 pods or double per 15 s
        (120, 6, 9),
        (1290, 9, 1),  # 300 s after 990, the last tick of the high load
    ]
    assert list(zip(found.starts, found.ready, strict=True)) == [
        (0, 2),
        (115, 6),
        (130, 9),
        (1290, 1),
    ]


def test_a_rate_policy_counts_its_own_changes() -> None:
    slow = {"scaleUp": {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}]}}
    found = live(LOAD, behavior=slow)
    assert [(c.second, c.after) for c in found.commits[:4]] == [
        (105, 4),
        (165, 6),
        (225, 8),
        (285, 9),
    ]


def test_a_ratio_is_of_what_lives() -> None:
    found = live(LOAD, start=40, says="share", metrics=[metric("load", 100, "Value")])
    # 2 ready of 6 still have 450 each: ceil(2 * 4.5) of them, no more than that
    assert [(c.second, c.after) for c in found.commits[:2]] == [(105, 6), (120, 9)]


def test_what_an_hpa_has_not_is_left_out() -> None:
    asked = policy(
        metrics=[{**metric("load"), "forecast": {"type": "linear"}, "activationValue": 5}],
        minReplicas=0,
        cooldownPeriod="60s",
        fallback={"failureThreshold": 3, "replicas": 6},
        schedules=[
            {
                "name": "day",
                "timezone": "Europe/Berlin",
                "start": "0 8 * * *",
                "end": "0 18 * * *",
                "minReplicas": 10,
            }
        ],
    )
    spec = plain_hpa(asked).spec
    assert (spec.min_replicas, spec.rests, spec.schedules, spec.fallback) == (1, False, (), None)
    assert spec.metrics[0].forecast is None


def test_a_gap_moves_nothing() -> None:
    found = live(Load([0, 100, 1000], [200.0, None, 200.0], 1500))
    assert found.commits == []
