"""The section `alertmanager`."""

from __future__ import annotations

from pydantic import Field, SecretStr

from bridge.settings.fields import HttpUrl, SecretFile, Section
from bridge.units import Duration


class AlertmanagerSettings(Section):
    """Where firing alerts are asked for instead of Prometheus' ALERTS series."""

    url: HttpUrl = Field(
        description="base URL of its API v2, e.g. http://alertmanager.monitoring:9093; "
        "Grafana's own: https://grafana.example.com/api/alertmanager/grafana"
    )
    username: str | None = None
    password: SecretStr | None = None
    password_file: SecretFile | None = None
    bearer_token: SecretStr | None = None
    bearer_token_file: SecretFile | None = None
    timeout: Duration = Field(10.0, gt=0)
