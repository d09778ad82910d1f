"""What a policy's metrics and alerts said over a stretch of time, asked for piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import dropwhile

from bridge.backtest.alert_history import AlertHistory
from bridge.backtest.pilot import interval_of
from bridge.errors import MetricsUnavailable
from bridge.evaluate.alerts import (
    STEP_S,
    Spans,
    joined_spans,
    minimum_rules,
    rule_query,
    spans_of,
    step_time,
)
from bridge.evaluate.asking import Asking
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.reading import Moment
from bridge.policy.model import ScalingPolicy

_STEPS = 5_000
"""Of one range query; Prometheus refuses more than 11 000."""
_ALERT_STEPS = 10_000


async def recorded(
    prometheus: Prometheus,
    policy: ScalingPolicy,
    start: datetime,
    end: datetime,
    told: Callable[[float], None],
) -> list[Moment]:
    """A moment per polling interval, from the first that is known, to before `end`.

    `told` is called with the share that is done.

    Raises:
        MetricsUnavailable: a query failed, or none of the metrics has any data.
    """
    plain = _without_forecasts(policy)
    step = timedelta(seconds=interval_of(policy))
    moments: list[Moment] = []
    begin = start.replace(microsecond=0)
    while begin < end:
        last = min(begin + (_STEPS - 1) * step, end)
        past = await Asking(prometheus, last).past(plain, (last - begin).total_seconds())
        if past.error:
            raise MetricsUnavailable(past.error)
        moments += [moment for moment in past.moments if moment.at < end]
        begin = last + step
        told(min(1.0, (begin - start) / (end - start)))
    found = list(dropwhile(_is_empty, moments))
    if not found:
        raise MetricsUnavailable("Prometheus has no data for that time")
    return found


async def recorded_alerts(
    prometheus: Prometheus,
    policy: ScalingPolicy,
    start: datetime,
    end: datetime,
    told: Callable[[float], None],
) -> AlertHistory:
    """When the alerts fired that hold a minimum, by the series `ALERTS`.

    Raises:
        MetricsUnavailable: a query failed.
    """
    rules = minimum_rules([policy])
    windows: list[Spans] = []
    first, last = int(start.timestamp()) // STEP_S, int(end.timestamp()) // STEP_S
    begins = range(first, last + 1, _ALERT_STEPS)
    for rule in rules:
        for begin in begins:
            window = step_time(begin), step_time(min(begin + _ALERT_STEPS - 1, last))
            found = await prometheus.items_over(rule_query(rule), window, STEP_S, spans_of)
            windows.append(found)
            told(len(windows) / (len(rules) * len(begins)))
    return AlertHistory(joined_spans(windows))


def _without_forecasts(policy: ScalingPolicy) -> ScalingPolicy:
    """The simulation makes its own, of the same history."""
    metrics = tuple(m.model_copy(update={"forecast": None}) for m in policy.spec.metrics)
    spec = policy.spec.model_copy(
        update={"metrics": metrics, "polling_interval": float(interval_of(policy))}
    )
    return policy.model_copy(update={"spec": spec})


def _is_empty(moment: Moment) -> bool:
    """Before the recording began."""
    return all(reading.value is None for reading in moment.readings)
