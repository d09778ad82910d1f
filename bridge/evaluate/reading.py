"""What a metric said: one finite number, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.errors import MetricsUnavailable
from bridge.evaluate.alerts import Alerts


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a metric is expected to be in so many seconds: a value, or an error in its stead."""

    kind: str
    seconds: float
    value: float | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric at one moment: a value, or an error in its stead."""

    metric: str
    value: float | None
    error: str = ""
    ahead: Ahead | None = None
    """Where the policy asks for a forecast and there is a value."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was known at a moment: a reading per metric, and how many replicas were ready."""

    at: datetime
    readings: tuple[Reading, ...]
    ready: int | None = None
    ready_error: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A moment for each step asked for, oldest first; an error if they can't be known.

    Also for the steps of which nothing is known: what is missing is not to be overlooked.
    """

    moments: tuple[Moment, ...] = ()
    error: str = ""
    since: datetime | None = None
    """From when on it was asked for."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A policy's metrics now, and over its stabilisation window where asked for; and alerts."""

    now: Moment
    past: Past = Past()
    alerts: Alerts = field(default_factory=Alerts)


def one_sample(query: str, answer: Any) -> float:
    """The value of an instant query that has to have exactly one finite sample.

    `answer` is the `result` of Prometheus' query API: a vector, or a scalar's bare pair.

    Raises:
        MetricsUnavailable: none, several, or no finite number.
    """
    match answer:
        case [{"value": [_, text]}] | [int() | float(), str() as text]:
            value = _number(query, text)
        case []:
            raise MetricsUnavailable(f"{query!r}: expected one sample, got no data")
        case _:
            raise MetricsUnavailable(f"{query!r}: expected one sample, got {len(answer)} series")
    if not math.isfinite(value):
        raise MetricsUnavailable(f"{query!r}: expected a finite number, got {text}")
    return value


def samples(query: str, answer: Sequence[Mapping[str, Any]]) -> dict[float, float]:
    """Finite values by Unix time of a range query that has to have at most one series.

    Raises:
        MetricsUnavailable: several series, or no numbers.
    """
    if len(answer) > 1:
        raise MetricsUnavailable(f"{query!r}: expected one series, got {len(answer)}")
    pairs = answer[0]["values"] if answer else ()
    values = {float(at): _number(query, text) for at, text in pairs}
    return {at: value for at, value in values.items() if math.isfinite(value)}


def _number(query: str, text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError, OverflowError) as error:
        raise MetricsUnavailable(f"{query!r}: expected a number, got {text!r}") from error
