"""Where the level of the alerts is read, by the configuration."""

from __future__ import annotations

from bridge.evaluate.alertmanager import Alertmanager
from bridge.evaluate.alerts import AlertSource
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.prometheus_alerts import PrometheusAlerts
from bridge.settings import Settings


def alert_source(settings: Settings, prometheus: Prometheus) -> AlertSource:
    """Alertmanager's API where one is configured, else Prometheus' own series."""
    if settings.alertmanager is None:
        return PrometheusAlerts(prometheus)
    return Alertmanager(settings.alertmanager)
