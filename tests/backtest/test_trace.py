"""A trace is read as it was recorded, gaps and all."""

from __future__ import annotations

import re

import pytest

from bridge.backtest.load import Load
from bridge.backtest.trace import parse_trace
from bridge.errors import TraceInvalid
from tests.parts.gate import shared

HEADER = "t_seconds,requests_per_second\n"


def test_each_sample_holds_until_the_next_and_equal_ones_are_one() -> None:
    found = parse_trace(f"{HEADER}0,1\n60,1\n120,2.5\n", "load.csv")
    assert found == Load([0, 120], [1.0, 2.5], 180)


def test_the_first_sample_is_second_0() -> None:
    assert parse_trace(f"{HEADER}1000,1\n1015,2\n1030,1", "x").starts == [0, 15, 30]


def test_of_what_is_missing_nobody_knows() -> None:
    found = parse_trace(f"{HEADER}0,1\n60,1\n120,1\n300,2\n360,2\n", "x")
    assert found == Load([0, 180, 300], [1.0, None, 2.0], 420)
    assert [found.at(second) for second in (-1, 179, 180, 299, 300)] == [None, 1, None, None, 2]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "x.csv:1: expected the header t_seconds,requests_per_second, got nothing"),
        ("a,b\n0,1\n", "x.csv:1: expected the header t_seconds,requests_per_second, got a,b"),
        (HEADER, "x.csv: expected at least two samples, got 0"),
        (f"{HEADER}0,1\n1\n", "x.csv:3: expected 2 columns, got 1"),
        (
            f"{HEADER}0,1\n15,many\n",
            "x.csv:3: requests_per_second: expected a number from 0 on, got 'many'",
        ),
        (
            f"{HEADER}0,1\n\n15,nan\n",
            "x.csv:4: requests_per_second: expected a number from 0 on, got 'nan'",
        ),
        (f"{HEADER}0,1\n15,-1\n", "expected a number from 0 on, got '-1'"),
        (f"{HEADER}15,1\n15,2\n", "x.csv:3: t_seconds: 15 does not come after 15"),
        (f"{HEADER}15,1\n0,2\n", "x.csv:3: t_seconds: 0 does not come after 15"),
        (f"{HEADER}0,1\n", "x.csv: expected at least two samples, got 1"),
        (
            f"{HEADER}0,1\n15,1e400\n",
            "x.csv:3: requests_per_second: expected a number from 0 on, got '1e400'",
        ),
        (
            f"{HEADER}0,1\n1700000000000,1\n",
            "x.csv:3: t_seconds: 53759 years after the first sample",
        ),
        (f"{HEADER}0,1\n15,{'1' * 140_000}\n", "x.csv:3: no CSV: field larger than field limit"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(TraceInvalid, match=re.escape(told)):
        parse_trace(text, "x.csv")


@pytest.mark.parametrize(
    ("name", "gaps"), [("aws_elb_noisy.csv", 8), ("nasa_1995_jul_diurnal.csv", 0)]
)
def test_real_traces_have_the_gaps_that_their_index_names(name: str, gaps: int) -> None:
    found = parse_trace((shared("traces") / name).read_text(), name)
    assert sum(amount is None for amount in found.amounts) == gaps
