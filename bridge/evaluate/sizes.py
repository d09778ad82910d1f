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
    answer.raw = _Bounded(answer.raw)
    return answer


class _Bounded:
    """An answer as urllib3 has it, but for its body's length.

    Not a function in its place: the answer would refer to itself, and wait for the collector.
    """

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, *args: Any, **options: Any) -> Iterator[bytes]:
        """Its body, in pieces."""
        length = 0
        for chunk in self._raw.stream(*args, **options):
            length += len(chunk)
            if length > MOST_BYTES:
                self._raw.close()
                raise PrometheusApiClientException(f"an answer of over {MOST_BYTES:,} bytes")
            yield chunk
