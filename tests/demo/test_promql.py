from __future__ import annotations

import pytest

from bridge.demo.promql import Labels, QueryUnknown, Recording, evaluate


def series(name: str, **labels: str) -> Labels:
    """The labels of one series, as they are kept."""
    return tuple(sorted({"__name__": name, **labels}.items()))


@pytest.fixture
def recording() -> Recording:
    """Six scrapes a second apart: a counter of 10/s and one of 5/s, and a gauge of two pods."""
    recording = Recording()
    for second in range(6):
        scrape = {
            series("seen_total", service="web", code="200"): 10.0 * second,
            series("seen_total", service="web", code="503"): 5.0 * second,
            series("busy", pod="a"): 0.5,
            series("busy", pod="b"): 0.7 + second,
        }
        recording.add(100.0 + second, scrape)
    return recording


@pytest.mark.parametrize(
    ("query", "value"),
    [
        pytest.param('sum(rate(seen_total{service="web"}[4s]))', 15, id="rate, summed"),
        pytest.param('sum(rate(seen_total{code="503",service="web",}[3s]))', 5, id="two labels"),
        pytest.param("avg(busy)", 3.1, id="average"),
        pytest.param("min(busy)", 0.5, id="minimum"),
        pytest.param(' max( busy{pod="b"} ) ', 5.7, id="maximum, and spaces"),
        pytest.param("sum(busy) > 6", 6.2, id="above"),
    ],
)
def test_aggregates_have_one_sample_without_labels(
    recording: Recording, query: str, value: float
) -> None:
    assert evaluate(query, recording, 105) == {(): pytest.approx(value)}


@pytest.mark.parametrize(
    "query",
    [
        pytest.param('busy{pod="c"}', id="no such series"),
        pytest.param("sum(nothing)", id="a sum over nothing"),
        pytest.param("busy > 6", id="below"),
        pytest.param('rate(seen_total{service="api"}[4s])', id="a rate of nothing"),
        pytest.param("rate(seen_total[0s])", id="one sample is no rate"),
    ],
)
def test_nothing_is_an_empty_vector_and_not_zero(recording: Recording, query: str) -> None:
    assert evaluate(query, recording, 105) == {}


def test_a_selector_keeps_its_name_and_a_rate_loses_it(recording: Recording) -> None:
    assert evaluate("busy", recording, 102.9) == {
        series("busy", pod="a"): 0.5,
        series("busy", pod="b"): 2.7,
    }
    rates = evaluate("rate(seen_total[4s])", recording, 105)
    assert rates == {
        (("code", "200"), ("service", "web")): 10,
        (("code", "503"), ("service", "web")): 5,
    }


def test_what_the_last_scrape_lacks_is_gone(recording: Recording) -> None:
    recording.add(106, {series("busy", pod="a"): 0.1})
    assert evaluate("avg(busy)", recording, 106) == {(): 0.1}
    assert evaluate("avg(busy)", recording, 106 + 301) == {}
    assert evaluate("avg(busy)", recording, 99) == {}


def test_a_series_that_began_within_the_window_has_no_rate_yet(recording: Recording) -> None:
    recording.add(106, {series("seen_total", service="new"): 3})
    assert evaluate("rate(seen_total[4s])", recording, 106) == {}


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("histogram_quantile(0.9, busy)", id="a function"),
        pytest.param("sum by (pod) (busy)", id="by"),
        pytest.param('busy{pod=~"a|b"}', id="a regular expression"),
        pytest.param("busy / 2", id="arithmetic"),
        pytest.param("rate(busy[5m])", id="minutes"),
        pytest.param("rate(busy)", id="a rate without a window"),
        pytest.param("", id="nothing"),
    ],
)
def test_the_rest_of_promql_is_refused_and_not_guessed(recording: Recording, query: str) -> None:
    with pytest.raises(QueryUnknown):
        evaluate(query, recording, 105)
