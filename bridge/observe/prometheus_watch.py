"""Whether Prometheus answers at all: its queries counted, and its going and coming told once."""

from __future__ import annotations

import structlog

from bridge.evaluate.asked import Asked
from bridge.observe import metrics

log = structlog.get_logger()


class PrometheusWatch:
    """Hears of each query; judges after each round. State repos share it, as they do Prometheus."""

    def __init__(self) -> None:
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
        if self.lost and not before:
            log.warning("prometheus_lost", error=self._error)
        if before and not self.lost:
            log.info("prometheus_back")
        self._answers, self._error = 0, ""
        return self.lost
