"""Answers that are too long to be held: a query without an aggregation, say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import requests
from prometheus_api_client.exceptions import PrometheusApiClientException

MOST_BYTES: Final = 64_000_000
"""As of Alertmanager's: five times what the longest part of a fleet's past has."""


def bounded(answer: requests.Response) -> requests.Response:
    """The same answer; reading more of its body than that, unpacked, raises.

    Raises:
        PrometheusApiClientException: while it is read.
    """
    raw: Any = answer.raw
    read = raw.stream

    def stream(*args: Any, **options: Any) -> Iterator[bytes]:
        length = 0
        for chunk in read(*args, **options):
            length += len(chunk)
            if length > MOST_BYTES:
                raw.close()
                raise PrometheusApiClientException(f"an answer of over {MOST_BYTES:,} bytes")
            yield chunk

    raw.stream = stream
    return answer
