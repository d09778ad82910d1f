"""A recorded load as a CSV file: seconds and requests per second. Pure: text in, a load out."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bridge.backtest.load import Amount, Load
from bridge.errors import TraceInvalid

_TIME = "t_seconds"
_GAP = 1.5
"""How many intervals without a sample make a gap."""
_LONGEST_S = 10 * 366 * 86_400
"""What is longer is mostly not in seconds, and would be played for hours."""

Row = tuple[int, list[str]]
"""The number of its line, and its cells."""


def parse_trace(text: str, name: str) -> Load:
    """A header, then a row for each sample, which holds for as long as samples are mostly apart.

    Where one is missing nobody knows the load; the first sample is second 0.

    Raises:
        TraceInvalid: names file, line and column.
    """
    lines = csv.reader(text.removeprefix("\ufeff").splitlines())
    try:
        return _parsed(((lines.line_num, row) for row in lines), name)
    except csv.Error as error:
        raise TraceInvalid(f"{name}:{lines.line_num}: no CSV: {error}") from error


def _parsed(rows: Iterator[Row], name: str) -> Load:
    _, header = next(rows, (1, []))
    if len(header) != 2 or header[0].strip() != _TIME:
        found = ",".join(header) or "nothing"
        raise TraceInvalid(
            f"{name}:1: expected the header {_TIME},requests_per_second, got {found}"
        )
    samples = list(_samples(rows, header, name))
    if len(samples) < 2:
        raise TraceInvalid(f"{name}: expected at least two samples, got {len(samples)}")
    return load_of(samples)


def _samples(
    rows: Iterator[Row], header: Sequence[str], name: str
) -> Iterator[tuple[float, float]]:
    first, last = None, -math.inf
    for line, row in rows:
        if not row:
            continue
        if len(row) != 2:
            raise TraceInvalid(f"{name}:{line}: expected 2 columns, got {len(row)}")
        at, amount = (
            _number(cell, f"{name}:{line}: {column.strip()}")
            for cell, column in zip(row, header, strict=True)
        )
        if at <= last:
            raise TraceInvalid(f"{name}:{line}: {_TIME}: {at:g} does not come after {last:g}")
        last, first = at, at if first is None else first
        if at - first > _LONGEST_S:
            years = (at - first) / (366 * 86_400)
            raise TraceInvalid(f"{name}:{line}: {_TIME}: {years:.0f} years after the first sample")
        yield at, amount


def _number(cell: str, where: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise TraceInvalid(f"{where}: expected a number from 0 on, got {cell.strip()!r}")
    return number


def load_of(samples: Sequence[tuple[float, float]]) -> Load:
    """Samples as (second, amount), ascending, two or more; their first second becomes 0."""
    begin = samples[0][0]
    interval = _interval([later - at for (at, _), (later, _) in pairwise(samples)])
    starts, amounts = list[int](), list[Amount]()
    ends = [*(at for at, _ in samples[1:]), samples[-1][0] + interval]
    for (at, amount), end in zip(samples, ends, strict=True):
        _put(starts, amounts, round(at - begin), amount)
        if end - at > _GAP * interval:
            _put(starts, amounts, round(at - begin + interval), None)
    return Load(starts, amounts, max(1, round(ends[-1] - begin)))


def _interval(spans: Sequence[float]) -> float:
    """How far samples are mostly apart."""
    return Counter(spans).most_common(1)[0][0]


def _put(starts: list[int], amounts: list[Amount], second: int, amount: Amount) -> None:
    """Of samples within one second the last one counts; equal ones in a row are one step."""
    if starts and starts[-1] == second:
        starts.pop()
        amounts.pop()
    if not amounts or amounts[-1] != amount:
        starts.append(second)
        amounts.append(amount)
