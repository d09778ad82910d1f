"""Forecasts over a simulated past, as Prometheus would make them. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from operator import mul
from typing import cast

from bridge.backtest.load import Amount
from bridge.errors import MetricsUnavailable
from bridge.evaluate.forecast import Answer, Outlook, line_step
from bridge.evaluate.reading import Ahead
from bridge.policy.forecast import LinearForecast, SeasonalForecast
from bridge.policy.metric import Metric

Said = Callable[[int], Amount]
"""What a metric said, by the second."""


class Foresight:
    """A metric's forecasts; `interval` is the seconds between two readings."""

    def __init__(self, metric: Metric, said: Said, interval: int) -> None:
        self.metric = metric
        self._said = cache(said)
        self._interval = interval

    def at(self, second: int, seconds: float) -> Ahead | None:
        """What the metric is expected to be that much later; None without a forecast."""
        answers: list[Answer] = []
        match self.metric.forecast:
            case LinearForecast(window=window):
                answers = [partial(_only, self._line(second, window, seconds))]
            case SeasonalForecast(period=period, periods=periods):
                pasts = [second - period * (number + 1) for number in range(periods)]
                answers = [
                    partial(_only, self._said(int(past + later)))
                    for past in pasts
                    for later in (0.0, seconds)
                ]
        now = self._said(second)
        return None if now is None else Outlook(self.metric, seconds, answers).at({0: now}).get(0)

    def _line(self, second: int, window: float, seconds: float) -> Amount:
        """`predict_linear` over the readings of the window."""
        step = self._interval * math.ceil(line_step(window, self._interval) / self._interval)
        count = int(window // step) + 1
        values = list(map(self._said, range(second - (count - 1) * step, second + 1, step)))
        if all_known := _without_gaps(values):
            return sum(map(mul, all_known, weights(count, step, seconds)), 0.0)
        ages = range((1 - count) * step, 1, step)
        known = [(float(x), y) for x, y in zip(ages, values, strict=True) if y is not None]
        return line(known, seconds) if known else None


@cache
def weights(count: int, step: float, at: float) -> Sequence[float]:
    """What each of `count` values, the last one of now, counts for in the line `at` seconds on."""
    ages = [-step * age for age in reversed(range(count))]
    middle = sum(ages) / count
    spread = sum((age - middle) ** 2 for age in ages)
    return [1 / count + ((at - middle) * (a - middle) / spread if spread else 0.0) for a in ages]


def line(points: Sequence[tuple[float, float]], at: float) -> float:
    """The least-squares line through (seconds, value), at another second, as `predict_linear` does.

    Source: Prometheus promql/functions.go, linearRegression.
    """
    count = len(points)
    middle = sum(x for x, _ in points) / count
    mean = sum(y for _, y in points) / count
    spread = sum((x - middle) ** 2 for x, _ in points)
    slope = sum((x - middle) * (y - mean) for x, y in points) / spread if spread else 0.0
    return mean + slope * (at - middle)


def _without_gaps(values: list[Amount]) -> list[float] | None:
    return None if None in values else cast("list[float]", values)


def _only(value: Amount) -> Mapping[int, float]:
    if value is None:
        raise MetricsUnavailable("no data")
    return {0: value}
