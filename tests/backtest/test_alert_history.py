"""Recorded alerts as they would have been read then: what comes is not known yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.backtest.alert_history import AlertHistory
from bridge.evaluate.alerts import Firing, rule_query, step_time
from bridge.policy.alert import AlertRule

LABELS = (("alertname", "Slow"), ("pod", "a"))
FIRST, LAST = 1000, 1010
HISTORY = AlertHistory({LABELS: [(FIRST, LAST), (2000, 2000)]})


def fired(step: float) -> list[Firing]:
    return list(HISTORY.at(step_time(0) + timedelta(seconds=5 * step)).found)


def test_an_alert_fires_from_its_first_step_to_its_last() -> None:
    since = step_time(FIRST - 1)
    assert fired(FIRST - 0.2) == []
    assert fired(FIRST) == fired(LAST + 0.8) == [Firing(dict(LABELS), since)]
    ended = Firing(dict(LABELS), since, step_time(LAST + 1))
    assert fired(LAST + 1) == fired(1999) == [ended]
    assert fired(2000) == [ended, Firing(dict(LABELS), step_time(1999))]


def test_equal_moments_have_the_same_answer() -> None:
    moment = step_time(FIRST)
    assert HISTORY.at(moment) is HISTORY.at(moment + timedelta(seconds=4))
    assert AlertHistory().at(datetime(2026, 3, 2, tzinfo=UTC)).found == ()


def test_a_rule_asks_for_its_own_labels_as_far_as_promql_takes_them() -> None:
    rule = AlertRule(match={"severity": 'a"b', "alertname": "Slow", "no-label": "x"})
    assert rule_query(rule) == (r'ALERTS{alertstate="firing",alertname="Slow",severity="a\"b"}')
