"""One HTTP client for what tests ask again and again.

Each new client of httpx reads every CA certificate: 55 ms of CPU, several times what is asked.
"""

from __future__ import annotations

from functools import cache

import httpx


@cache
def client() -> httpx.Client:
    """By no proxy; it keeps no connection open, so there is nothing to close."""
    return httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
