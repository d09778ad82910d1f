"""The section `alertmanager`."""

from __future__ import annotations

from pydantic import Field

from bridge.settings.access import Access
from bridge.settings.fields import HttpUrl
from bridge.units import Duration


class AlertmanagerSettings(Access):
    """Where firing alerts are asked for instead of Prometheus' ALERTS series."""

    url: HttpUrl = Field(
        description="base URL of its API v2, e.g. http://alertmanager.monitoring:9093; "
        "Grafana's own: https://grafana.example.com/api/alertmanager/grafana"
    )
    timeout: Duration = Field(10.0, gt=0)
