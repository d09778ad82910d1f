"""Forecasts over a simulated past, as Prometheus would make them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bridge.evaluate.forecast import Answer, Outlook
from bridge.evaluate.reading import Ahead
from bridge.policy.forecast import LinearForecast, SeasonalForecast
from bridge.policy.metric import Metric

Said = Callable[[float], float]
"""What a metric said, by the second."""

_EVERY_S = 15


def foreseen(metric: Metric, said: Said, second: float, seconds: float) -> Ahead | None:
    """What the metric is expected to be `seconds` after that second; None without a forecast."""
    answers: list[Answer] = []
    match metric.forecast:
        case LinearForecast(window=window):
            ages = range(int(window // _EVERY_S) * _EVERY_S, -1, -_EVERY_S)
            points = [(-float(age), said(second - age)) for age in ages]
            answers = [partial(_only, line(points, seconds))]
        case SeasonalForecast(period=period, periods=periods):
            pasts = [second - period * (number + 1) for number in range(periods)]
            answers = [
                partial(_only, said(past + later)) for past in pasts for later in (0.0, seconds)
            ]
    return Outlook(metric, seconds, answers).at({0: said(second)}).get(0)


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


def _only(value: float) -> Mapping[int, float]:
    return {0: value}
