"""What a metric is expected to be a dead time from now: the questions, and what answers come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from bridge.errors import MetricsUnavailable
from bridge.evaluate.reading import Ahead, Reading
from bridge.policy.forecast import LinearForecast, SeasonalForecast
from bridge.policy.metric import Metric

_MOST_POINTS = 240
"""Of a line: more make it no better."""

Answer = Callable[[], Mapping[int, float]]
"""Values by the number of their step; raises MetricsUnavailable."""


def seconds_ahead(metric: Metric, dead_time: float | None) -> float:
    """How far a metric's forecast looks; 0 where it has none."""
    if metric.forecast is None:
        return 0.0
    return metric.forecast.horizon if dead_time is None else dead_time


def questions(metric: Metric, seconds: float, interval: float) -> list[tuple[str, float]]:
    """Each query, and how many seconds later than the moment in question it is asked about."""
    match metric.forecast:
        case LinearForecast(window=window):
            step = line_step(window, interval)
            spans = f"{round(window * 1000)}ms:{round(step * 1000)}ms"
            # on lines of their own: the query may end with a comment
            return [(f"predict_linear((\n{metric.query}\n)[{spans}], {seconds:g})", 0.0)]
        case SeasonalForecast(period=period, periods=periods):
            pasts = [-period * (number + 1) for number in range(periods)]
            return [(metric.query, past + later) for past in pasts for later in (0.0, seconds)]
    return []


def line_step(window: float, interval: float) -> float:
    """Seconds between two points of a line: those of two readings, where these aren't too many."""
    return max(interval, window / _MOST_POINTS)


@dataclass(frozen=True, slots=True)
class Outlook:
    """A metric's forecast, so many seconds ahead, with the answers to its questions."""

    metric: Metric
    seconds: float
    answers: Sequence[Answer]

    def seen(self, reading: Reading) -> Reading:
        """A reading of now, with what is expected."""
        if reading.value is None:
            return reading
        return replace(reading, ahead=self.at({0: reading.value}).get(0))

    def readings(self, history: Mapping[int, float]) -> dict[int, Reading]:
        """Readings by the number of their step, with what was expected then."""
        aheads, name = self.at(history), self.metric.name
        return {step: Reading(name, said, "", aheads.get(step)) for step, said in history.items()}

    def at(self, present: Mapping[int, float]) -> dict[int, Ahead]:
        """What is expected after each of these steps."""
        if self.metric.forecast is None:
            return {}
        error, found = "no data", []
        for answer in self.answers:
            try:
                found.append(answer())
            except MetricsUnavailable as unknown:
                error = str(unknown)
                found.append({})
        kind, values = self.metric.forecast.type, self._values(present, found)
        return {
            step: Ahead(kind, self.seconds, values.get(step), "" if step in values else error)
            for step in present
        }

    def _values(
        self, present: Mapping[int, float], found: Sequence[Mapping[int, float]]
    ) -> Mapping[int, float]:
        if isinstance(self.metric.forecast, LinearForecast):
            return found[0]
        grown = {step: _growth(step, found) for step in present}
        return {step: present[step] + median(by) for step, by in grown.items() if by}


def _growth(step: int, found: Sequence[Mapping[int, float]]) -> list[float]:
    """By how much the metric grew at the same time of each past period that is known."""
    pairs = zip(found[::2], found[1::2], strict=True)
    return [later[step] - then[step] for then, later in pairs if step in then and step in later]
