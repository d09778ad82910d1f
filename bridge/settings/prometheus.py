"""The section `prometheus`."""

from __future__ import annotations

from pydantic import Field, SecretStr

from bridge.settings.fields import HttpUrl, SecretFile, Section
from bridge.units import Duration


class PrometheusSettings(Section):
    """Where metrics are asked for: Prometheus, or whatever speaks its query API."""

    url: HttpUrl = Field(description="base URL, e.g. http://prometheus.monitoring:9090")
    username: str | None = None
    password: SecretStr | None = None
    password_file: SecretFile | None = None
    bearer_token: SecretStr | None = None
    bearer_token_file: SecretFile | None = None
    timeout: Duration = Field(10.0, gt=0, description="for one query")
    concurrency: int = Field(8, ge=1, le=64, description="queries asked at once")
