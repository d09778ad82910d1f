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
        PrometheusApiClientException: it has warnings; the text holds the first.
    """
    if b'"warnings"' not in response.content:
        return
    try:
        document = response.json()
    except ValueError:  # whoever reads it says so
        return
    told = document.get("warnings") if isinstance(document, dict) else None
    warnings = [str(one) for one in told or [] if not str(one).startswith(_HINTS)]
    if warnings:
        text = warnings[0][:_MOST_SHOWN]
        raise PrometheusApiClientException(f"the answer may be partial: {text}")
