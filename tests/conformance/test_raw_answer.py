"""Prometheus' raw answer, read as KEDA reads it."""

from __future__ import annotations

import json
import math

import pytest

from bridge.errors import MetricsUnavailable
from tests.conformance.raw_answer import parse_float, sample_of


def body(*values: object) -> str:
    return json.dumps({"data": {"result": [{"value": value} for value in values]}})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (body([1, "7.5"]), 7.5),
        (body([1, None]), -1.0),
        (body([1, "NaN"]), 0.0),
        (body(), 0.0),
        (body([]), 0.0),
        ("{}", 0.0),
        ("null", 0.0),
        ('{"data": null}', 0.0),
    ],
)
def test_samples(text: str, value: float) -> None:
    assert sample_of(200, text, ignore_null_values=True) == value


@pytest.mark.parametrize(
    "text",
    [
        body([1, "1"], [1, "2"]),
        body([1]),
        body([1, 2]),
        body([1, "x"]),
        body("text"),
        "",
        "[]",
        '{"data": 5}',
        '{"data": {"result": {}}}',
        '{"data": {"result": [5]}}',
    ],
)
def test_faults(text: str) -> None:
    with pytest.raises(MetricsUnavailable):
        sample_of(200, text, ignore_null_values=True)


@pytest.mark.parametrize("text", [body(), body([]), body([1, "+Inf"])])
def test_nothing_is_an_error_where_it_is_not_ignored(text: str) -> None:
    with pytest.raises(MetricsUnavailable):
        sample_of(200, text, ignore_null_values=False)


@pytest.mark.parametrize("status", [199, 300, 404, 503])
def test_other_status(status: int) -> None:
    with pytest.raises(MetricsUnavailable):
        sample_of(status, body([1, "1"]), ignore_null_values=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("-1.5e3", -1500.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("0x1p-2", 0.25),
        ("0x_1Fp0", 31.0),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("1e-400", 0.0),
    ],
)
def test_numbers_as_go_reads_them(text: str, value: float) -> None:
    assert parse_float(text) == value


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "1_000", "+nan", "1e400", "0x1", "0x", "1e", "٣", "0x1p99999", 1, None]
)
def test_no_numbers_to_go(text: object) -> None:
    with pytest.raises(MetricsUnavailable):
        parse_float(text)
