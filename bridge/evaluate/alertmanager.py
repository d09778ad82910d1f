"""The alerts that fire, from Alertmanager's API v2, which Grafana speaks for its own, too."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Annotated

import httpx
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from bridge.errors import ConfigInvalid, MetricsUnavailable
from bridge.evaluate.alerts import Firing, Meant
from bridge.policy.alert import AlertRule
from bridge.settings.alertmanager import AlertmanagerSettings

_MOST_BYTES = 64_000_000
_ALL = {name: "true" for name in ("active", "silenced", "inhibited", "unprocessed")}
"""A silence is for people's ears: the load is there all the same (docs/alerts.md)."""


class _Alert(BaseModel):
    labels: dict[str, str]
    since: Annotated[AwareDatetime, Field(alias="startsAt")]


_ANSWER = TypeAdapter(list[_Alert])


class Alertmanager:
    """One request a round, with the credentials as their files hold them now."""

    def __init__(
        self, settings: AlertmanagerSettings, heard: Callable[[str], None] | None = None
    ) -> None:
        """`heard` is told what each request came to: an error, or an empty text for an answer."""
        self._settings = settings
        self._heard = heard or (lambda _: None)
        is_https = settings.url.startswith("https:")
        self._tls = ssl.create_default_context() if is_https else False  # slow to make: once

    async def firing(self, rules: Collection[AlertRule], at: datetime) -> tuple[Firing, ...]:
        """The alerts that these rules mean.

        Raises:
            MetricsUnavailable: no answer in time, or not one of this API.
        """
        try:
            found = await self._found(rules, at)
        except MetricsUnavailable as error:
            self._heard(str(error))
            raise
        self._heard("")
        return found

    async def _found(self, rules: Collection[AlertRule], at: datetime) -> tuple[Firing, ...]:
        url, limit = f"{self._settings.url}/api/v2/alerts", self._settings.timeout
        try:
            async with asyncio.timeout(limit):
                found = _ANSWER.validate_json(await self._asked(url))
        except (TimeoutError, httpx.TimeoutException) as error:
            raise MetricsUnavailable(f"{url}: no answer within {limit:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, ConfigInvalid) as error:
            raise MetricsUnavailable(f"{url}: {error or type(error).__name__}") from error
        except ValidationError as error:
            raise MetricsUnavailable(f"{url}: not an answer of Alertmanager's API v2") from error
        is_meant = Meant(rules)
        return tuple(
            Firing(alert.labels, min(alert.since, at)) for alert in found if is_meant(alert.labels)
        )

    async def _asked(self, url: str) -> bytes:
        """No redirects: they would take the credentials along."""
        limit, headers = self._settings.timeout, self._headers()
        async with (
            httpx.AsyncClient(timeout=limit, trust_env=False, verify=self._tls) as client,
            client.stream("GET", url, params=_ALL, headers=headers) as answer,
        ):
            if not answer.is_success:
                raise MetricsUnavailable(f"{url}: HTTP {answer.status_code}")
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise MetricsUnavailable(f"{url}: an answer of over {_MOST_BYTES:,} bytes")
            return bytes(body)

    def _headers(self) -> dict[str, str]:
        header = self._settings.authorization()
        return {**self._settings.headers, **({"Authorization": header} if header else {})}
