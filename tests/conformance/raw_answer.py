"""KEDA's reading of Prometheus' raw answer, for whoever has status and body in hand."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from bridge.errors import MetricsUnavailable

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEX = re.compile(r"[+-]?0[xX](?=_?[0-9a-fA-F]|\.)[0-9a-fA-F_]*\.?[0-9a-fA-F]*[pP][+-]?[0-9]+")
_INFINITE = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE)
_NONE_GIVEN = -1.0


def sample_of(status: int, body: str, *, ignore_null_values: bool) -> float:
    """The one sample of an instant query's response.

    Raises:
        MetricsUnavailable: no answer, none or several samples, or no finite number.
    """
    if not 200 <= status <= 299:
        raise MetricsUnavailable(f"status {status}")
    series = _series(body)
    if len(series) > 1:
        raise MetricsUnavailable(f"expected one sample, got {len(series)} series")
    value = series[0] if series else []
    if not value:
        return _nothing("no data", ignore_null_values=ignore_null_values)
    if len(value) < 2:
        raise MetricsUnavailable("expected a time and a value")
    number = _NONE_GIVEN if value[1] is None else parse_float(value[1])
    if not math.isfinite(number):
        return _nothing(f"got {number}", ignore_null_values=ignore_null_values)
    return number


def _nothing(what: str, *, ignore_null_values: bool) -> float:
    if ignore_null_values:
        return 0.0
    raise MetricsUnavailable(f"expected a finite number, {what}")


def _series(body: str) -> list[Sequence[Any]]:
    """The value of each series, as far as the body has that shape."""
    try:
        document = json.loads(body)
    except ValueError as error:
        raise MetricsUnavailable("the answer is not JSON") from error
    data = _part(_part(document, "data"), "result")
    found = [] if data is None else data
    if not isinstance(found, list):
        raise MetricsUnavailable("expected a list of series")
    values = [_part(series, "value") or [] for series in found]
    if not all(isinstance(value, list) for value in values):
        raise MetricsUnavailable("expected a list of time and value")
    return values


def _part(document: Any, name: str) -> Any:
    if document is None:
        return None
    if not isinstance(document, dict):
        raise MetricsUnavailable(f"expected an object with {name!r}")
    return document.get(name)


def parse_float(text: object) -> float:
    """A number as Go's strconv.ParseFloat reads it; one too large for a double is an error.

    Raises:
        MetricsUnavailable: it is none.
    """
    if not isinstance(text, str):
        raise MetricsUnavailable(f"expected a number in quotes, got {text!r}")
    if _INFINITE.fullmatch(text):
        return float(text)
    try:
        if _DECIMAL.fullmatch(text):
            number = float(text)
        elif _HEX.fullmatch(text) and "__" not in text and "_p" not in text.lower():
            number = float.fromhex(text.replace("_", ""))
        else:
            raise MetricsUnavailable(f"expected a number, got {text!r}")
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise MetricsUnavailable(f"{text!r} is too large")
    return number
