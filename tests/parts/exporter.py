"""Metrics that a test sets, served for a real Prometheus to scrape."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from threading import Lock

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tests.parts.threads import Served

Labels = tuple[tuple[str, str], ...]


class Exporter(Served, Collector):
    """Gauges and counters at `/metrics`; a context manager."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gauges: dict[str, dict[Labels, float]] = defaultdict(dict)
        self._counters: dict[str, dict[Labels, float]] = defaultdict(dict)
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def set(self, gauge: str, value: float, **labels: str) -> None:
        """The gauge's value from now on; NaN and infinities too."""
        with self._lock:
            self._gauges[gauge][_key(labels)] = value

    def add(self, counter: str, amount: float = 1, **labels: str) -> None:
        """Counts up; the name ends in `_total`."""
        with self._lock:
            series = self._counters[counter]
            series[_key(labels)] = series.get(_key(labels), 0) + amount

    def remove(self, gauge: str, **labels: str) -> None:
        """The series vanishes, and Prometheus marks it stale at its next scrape."""
        with self._lock:
            del self._gauges[gauge][_key(labels)]

    def clear(self) -> None:
        """All series vanish."""
        with self._lock:
            self._gauges.clear()
            self._counters.clear()

    def application(self) -> web.Application:
        """One page, as Prometheus wants it."""
        app = web.Application()
        app.router.add_get("/metrics", self._metrics)
        return app

    def collect(self) -> Iterator[Metric]:
        """Every series, for the registry."""
        with self._lock:
            for name, series in self._gauges.items():
                yield _filled(GaugeMetricFamily(name, "set by a test"), name, series)
            for name, series in self._counters.items():
                yield _filled(CounterMetricFamily(name, "counted by a test"), name, series)

    async def _metrics(self, _: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=generate_latest(self._registry), headers=headers)


def _key(labels: dict[str, str]) -> Labels:
    return tuple(sorted(labels.items()))


def _filled(family: Metric, name: str, series: dict[Labels, float]) -> Metric:
    for labels, value in series.items():
        family.add_sample(name, dict(labels), value)
    return family
