"""Durations and quantities mean what they mean to Prometheus and Kubernetes."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bridge.units import (
    Duration,
    Quantity,
    milli,
    parse_duration,
    parse_quantity,
    plain,
    short_duration,
)

SECONDS = {
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
    "w": Fraction(604800),
}
FACTORS = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
    "Ti": Fraction(2**40),
    "Pi": Fraction(2**50),
    "Ei": Fraction(2**60),
}


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("500ms", 0.5),
        ("15s", 15.0),
        ("1h30m", 5400.0),
        ("1.5h", 5400.0),
        (" 2d ", 172800.0),
        ("1w", 604800.0),
        ("0s", 0.0),
        ("10y", None),
        (15, 15.0),
        (0.25, 0.25),
        (0, 0.0),
        ("3650d", 315360000.0),
        (315360000, 315360000.0),
    ],
)
def test_a_duration_is_seconds(written: object, seconds: float | None) -> None:
    if seconds is None:
        with pytest.raises(ValueError, match="'10y' is not a duration such as 500ms, 15s, 5m"):
            parse_duration(written)
    else:
        assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "15", "s", "1h 30m", "-5s", "1e3s", "1,5s", "fast", None, True, [], "5S"]
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 500ms, 15s, 5m or 1h30m"):
        parse_duration(written)


@pytest.mark.parametrize(
    "written",
    [
        -1,
        -0.001,
        315360001,
        float("inf"),
        float("nan"),
        "3651d",
        pytest.param(10**400, id="more than a double holds"),
        pytest.param("9" * 400 + "s", id="as text"),
        pytest.param("1w" * 1000, id="in many parts"),
    ],
)
def test_a_duration_that_no_date_can_be_moved_by_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="at least 0, at most ten years"):
        parse_duration(written)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 99), st.sampled_from(sorted(SECONDS))), min_size=1, max_size=4
    )
)
def test_a_duration_is_the_sum_of_its_parts(parts: list[tuple[int, str]]) -> None:
    written = "".join(f"{number}{unit}" for number, unit in parts)
    expected = sum((number * SECONDS[unit] for number, unit in parts), Fraction())
    assert parse_duration(written) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (40, "40"),
        ("100", "100"),
        (0.25, "0.25"),
        ("250m", "0.250"),
        ("1.5k", "1500"),
        ("2Gi", "2147483648"),
        ("1e3", "1000"),
        ("12E", None),
        ("9E", "9000000000000000000"),
        ("-3", "-3"),
        ("+.5", "0.5"),
        ("5.", "5"),
        (" 7 ", "7"),
        ("9223372036854775807", "9223372036854775807"),
        ("100n", "0.0000001"),
    ],
)
def test_a_quantity_is_a_number(written: object, number: str | None) -> None:
    if number is None:
        with pytest.raises(ValueError, match="'12E' is more than a quantity can hold"):
            parse_quantity(written)
    else:
        assert parse_quantity(written) == Decimal(number)


@pytest.mark.parametrize(
    "written",
    ["", "m", "1 k", "1K", "1kk", "0x10", "1_000", "NaN", "inf", "1e9999", True, None, [1]],
    ids=str,
)
def test_what_is_no_quantity_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"is not a quantity such as 100, 250m, 1\.5k or 2Gi"):
        parse_quantity(written)


@settings(max_examples=100, deadline=None)
@given(st.decimals(0, 9, places=4), st.sampled_from(sorted(FACTORS)))
@example(Decimal(8), "Ei")
def test_a_quantity_is_its_number_times_its_factor(number: Decimal, suffix: str) -> None:
    exact = Fraction(number) * FACTORS[suffix]
    if exact <= 2**63 - 1:
        assert Fraction(parse_quantity(f"{number}{suffix}")) == exact
    else:
        with pytest.raises(ValueError, match="is more than a quantity can hold"):
            parse_quantity(f"{number}{suffix}")


@settings(max_examples=100, deadline=None)
@given(st.decimals(-(10**6), 10**6, places=6))
def test_thousandths_are_rounded_up(number: Decimal) -> None:
    assert milli(number) == int((number * 1000).to_integral_value(ROUND_CEILING))
    assert 0 <= milli(number) - number * 1000 < 1


@pytest.mark.parametrize(
    ("thousandths", "text"),
    [(0, "0"), (1500, "1.5"), (7000, "7"), (1, "0.001"), (-250, "-0.25"), (10_000_000, "10000")],
)
def test_thousandths_are_told_as_people_write_them(thousandths: int, text: str) -> None:
    assert plain(thousandths) == text


def test_models_take_both_and_tell_what_was_wrong() -> None:
    assert TypeAdapter(Duration).validate_python("1h30m") == 5400.0
    quantity = TypeAdapter(Quantity)
    assert quantity.validate_python("250m") == Decimal("0.250")
    assert quantity.dump_json(Decimal("0.250")) == b'"0.250"'
    with pytest.raises(ValidationError, match="'x' is not a quantity"):
        quantity.validate_python("x")


@pytest.mark.parametrize("kind", [Duration, Quantity], ids=["duration", "quantity"])
def test_editors_are_told_that_text_and_numbers_are_fine(kind: Any) -> None:
    schema = TypeAdapter[Any](kind).json_schema()
    assert {option["type"] for option in schema["anyOf"]} == {"string", "number"}
    assert "such as" in schema["description"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0s"),
        (0.4, "0s"),
        (45, "45s"),
        (720, "12m"),
        (725, "12m5s"),
        (5400, "1h30m"),
        (3605, "1h"),
        (187_200, "2d4h"),
        (604_800, "7d"),
    ],
)
def test_a_time_span_is_told_in_two_units(seconds: float, said: str) -> None:
    assert short_duration(seconds) == said
