"""Answers that say of themselves that they may lack something: Thanos' partial responses, say."""

from __future__ import annotations

from typing import Any, Final

import requests
from prometheus_api_client.exceptions import PrometheusApiClientException

_MOST_SHOWN: Final = 300
_HINTS: Final = "PromQL info:"
"""Prometheus before 3.0 gives advice among the warnings: the answer is whole."""


def refuse_warned(response: requests.Response, **_: Any) -> None:
    """A hook of requests: a sum over a part of the stores is no value.

    Raises:
        PrometheusApiClientException: it is partial or has warnings; the text holds the first.
    """
    if b'"warnings"' not in response.content and b'"isPartial"' not in response.content:
        return
    try:
        document = response.json()
    except ValueError:  # whoever reads it says so
        return
    if not isinstance(document, dict):
        return
    if document.get("isPartial") is True:  # VictoriaMetrics' word
        raise PrometheusApiClientException("the answer may be partial: isPartial")
    told = document.get("warnings")
    warnings = [str(one) for one in told or [] if not str(one).startswith(_HINTS)]
    if warnings:
        text = warnings[0][:_MOST_SHOWN]
        raise PrometheusApiClientException(f"the answer may be partial: {text}")
