"""One finite sample is a reading; everything else is an error, never a guess."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import MetricsUnavailable
from bridge.evaluate.reading import one_sample, samples

NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "values", "metric", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def vector(*values: object) -> list[dict[str, Any]]:
    """An instant query's answer with a series for each value."""
    return [{"metric": {"n": str(n)}, "value": [1.5, value]} for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        pytest.param(vector("7"), 7.0, id="one series"),
        pytest.param(vector("0"), 0.0, id="zero is a value"),
        pytest.param(vector("-1.5e3"), -1500.0, id="negative, with an exponent"),
        pytest.param(vector(7), 7.0, id="a number that is not spelt as text"),
        pytest.param([1435781430.781, "1"], 1.0, id="a scalar's bare pair"),
        pytest.param([1435781430, "1"], 1.0, id="a scalar at a full second"),
    ],
)
def test_one_finite_sample_is_the_value(answer: Any, value: float) -> None:
    assert one_sample("q", answer) == value


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param([], "expected one sample, got no data", id="no data"),
        pytest.param(vector("1", "2"), "expected one sample, got 2 series", id="two series"),
        pytest.param(vector("1", "1"), "expected one sample, got 2 series", id="two that agree"),
        pytest.param(vector("NaN"), "expected a finite number, got NaN", id="NaN"),
        pytest.param(vector("+Inf"), "expected a finite number, got +Inf", id="+Inf"),
        pytest.param(vector("-Inf"), "expected a finite number, got -Inf", id="-Inf"),
        pytest.param([1.0, "NaN"], "expected a finite number, got NaN", id="scalar NaN"),
        pytest.param(vector("many"), "expected a number, got 'many'", id="a word"),
        pytest.param([1.0, "many"], "expected a number, got 'many'", id="a string result"),
        pytest.param(vector(None), "expected a number, got None", id="null"),
        pytest.param(vector([1]), "expected a number, got [1]", id="a list"),
        pytest.param(
            [{"metric": {}, "histogram": [1, {}]}],
            "expected one sample, got 1 series",
            id="a native histogram",
        ),
        pytest.param([{"metric": {}}], "expected one sample, got 1 series", id="no value"),
        pytest.param([{"value": [1]}], "expected one sample, got 1 series", id="half a pair"),
    ],
)
def test_anything_else_is_an_error_with_the_query(answer: Any, reason: str) -> None:
    with pytest.raises(MetricsUnavailable) as refused:
        one_sample('up{job="x"}', answer)
    assert str(refused.value) == f"'up{{job=\"x\"}}': {reason}"


def test_a_number_too_large_for_a_double_is_an_error() -> None:
    with pytest.raises(MetricsUnavailable, match="expected a number, got 1000"):
        one_sample("q", vector(10**400))
    with pytest.raises(MetricsUnavailable, match="expected a finite number, got 1e999"):
        one_sample("q", vector("1e999"))


@settings(max_examples=100, deadline=None)
@given(st.lists(NESTED, max_size=3))
def test_whatever_list_comes_gives_a_finite_number_or_the_error(answer: list[Any]) -> None:
    with suppress(MetricsUnavailable):
        assert math.isfinite(one_sample("q", answer))


def test_a_range_gives_finite_values_by_time() -> None:
    answer = [{"metric": {}, "values": [[1, "3"], ["2.5", "4.5"], [3, "NaN"], [4, "+Inf"]]}]
    assert samples("q", answer) == {1.0: 3.0, 2.5: 4.5}
    assert samples("q", []) == {}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(
            [{"values": []}, {"values": []}], "expected one series, got 2", id="two series"
        ),
        pytest.param([{"values": [[1, "x"]]}], "expected a number, got 'x'", id="a word"),
    ],
)
def test_a_range_of_several_series_or_words_is_an_error(answer: Any, reason: str) -> None:
    with pytest.raises(MetricsUnavailable) as refused:
        samples("q", answer)
    assert str(refused.value) == f"'q': {reason}"
