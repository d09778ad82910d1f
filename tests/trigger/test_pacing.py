"""A policy is decided at its first alert, and while more pour in once a second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.trigger.pacing import GATHER_S, Pacing

ALERTED = {"web": "Slow"}


def test_the_first_alert_is_for_now_and_more_of_it_a_second_later() -> None:
    pacing = Pacing()
    due = {now: pacing.due(ALERTED, now) for now in (10.0, 10.3, 10.9, 11.0, 11.2, 12.5)}
    assert due == {10.0: ALERTED, 10.3: {}, 10.9: {}, 11.0: ALERTED, 11.2: {}, 12.5: ALERTED}


def test_what_had_to_wait_is_due_without_another_alert() -> None:
    pacing = Pacing()
    pacing.due(ALERTED, 10)
    assert pacing.due({"web": "Slower"}, 10.5) == {}
    assert pacing.seconds_to_next(10.5, 5) == 0.5
    assert pacing.due({}, 10.9) == {}
    assert pacing.due({}, 11) == {"web": "Slower"}
    assert (pacing.due({}, 12), pacing.seconds_to_next(12, 5)) == ({}, 5)


def test_a_storm_about_one_policy_keeps_no_other_waiting() -> None:
    pacing = Pacing()
    pacing.due(ALERTED, 10)
    assert pacing.due({**ALERTED, "api": "Deep"}, 10.1) == {"api": "Deep"}


def test_alerts_gather_after_some_were_taken_and_only_then() -> None:
    pacing = Pacing()
    assert pacing.gathering(0) == 0
    pacing.due({}, 0)
    assert pacing.gathering(0) == 0
    pacing.due(ALERTED, 0)
    assert (pacing.gathering(0), pacing.gathering(GATHER_S)) == (GATHER_S, 0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 2)), max_size=60))
def test_every_alert_is_followed_by_a_decision_within_a_second(
    alerts: list[tuple[str, float]],
) -> None:
    pacing, now, alerted, decided = Pacing(), 0.0, dict[str, float](), dict[str, float]()

    def step(woken: dict[str, str]) -> None:
        for one in pacing.due(woken, now):
            assert now - decided.get(one, -9) > 1 - 1e-6
            assert now - alerted.pop(one) < 1 + 1e-6
            decided[one] = now

    for name, rest in [*alerts, ("a", 2)]:
        alerted.setdefault(name, now)
        step({name: "Slow"})
        until = now + rest
        while now < until:
            now += pacing.seconds_to_next(now, until - now) + 1e-9
            step({})
    assert not alerted
