"""Whether Prometheus answers at all: its queries counted, and its going and coming told once."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bridge.evaluate.asked import Asked
from bridge.observe import metrics

log = structlog.get_logger()


class PrometheusWatch:
    """Hears of each query; judges after each round. State repos share it, as they do Prometheus.

    `tell` gets each judgement that rests on a query: an error where Prometheus is lost, or "".
    One query of many that fails is its policy's trouble, and not Prometheus'.
    """

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        self._tell = tell
        self.lost = False
        self._answers = 0
        self._error = ""

    def heard(self, asked: Asked) -> None:
        """One query more; that it has no value is an answer."""
        metrics.query_seconds.observe(asked.seconds)
        if asked.error:
            metrics.query_failures.labels(asked.error.kind).inc()
        if asked.error and asked.error.kind != "no_value":
            self._error = str(asked.error)
        else:
            self._answers += 1

    def judge(self) -> bool:
        """Whether it is lost: queries failed since the last judgement, and none was answered."""
        before = self.lost
        self.lost = not self._answers and bool(self._error or before)
        if self._answers or self._error:
            self._tell(self._error if self.lost else "")
        if self.lost and not before:
            log.warning("prometheus_lost", error=self._error)
        if before and not self.lost:
            log.info("prometheus_back")
        self._answers, self._error = 0, ""
        return self.lost
