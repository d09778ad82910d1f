"""The section `prometheus`."""

from __future__ import annotations

from pydantic import Field

from bridge.settings.access import Access
from bridge.settings.fields import HttpUrl
from bridge.units import Duration


class PrometheusSettings(Access):
    """Where metrics are asked for: Prometheus, or whatever speaks its query API."""

    url: HttpUrl = Field(description="base URL, e.g. http://prometheus.monitoring:9090")
    parameters: dict[str, str] = Field(
        {}, description="sent with each query, e.g. Thanos' dedup and partial_response"
    )
    timeout: Duration = Field(10.0, gt=0, description="for one query")
    concurrency: int = Field(8, ge=1, le=64, description="queries asked at once")
