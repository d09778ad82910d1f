"""Prometheus is lost where no query is answered, and not where one of many fails."""

from __future__ import annotations

from bridge.errors import MetricsUnavailable
from bridge.evaluate.asked import Asked
from bridge.observe.prometheus_watch import PrometheusWatch

TIMEOUT = Asked(10.0, MetricsUnavailable("'a': no answer within 10 s", "timeout"))
EMPTY = Asked(0.1, MetricsUnavailable("'a': expected one sample, got no data"))
FINE = Asked(0.1)


def judged(*rounds: list[Asked]) -> list[str]:
    """What is told of these rounds' queries."""
    told: list[str] = []
    watch = PrometheusWatch(told.append)
    for queries in rounds:
        for one in queries:
            watch.heard(one)
        watch.judge()
    return told


def test_it_is_lost_while_no_query_is_answered() -> None:
    error = "'a': no answer within 10 s"
    assert judged([FINE], [TIMEOUT, TIMEOUT], [TIMEOUT], [FINE]) == ["", error, error, ""]


def test_one_query_that_fails_is_its_policy_s_trouble() -> None:
    assert judged([FINE, TIMEOUT], [TIMEOUT, EMPTY]) == ["", ""]


def test_a_round_without_queries_says_nothing() -> None:
    assert judged([], [TIMEOUT], []) == ["'a': no answer within 10 s"]
