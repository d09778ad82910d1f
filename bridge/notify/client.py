"""The HTTP client that notices go out by."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx


class Client(httpx.AsyncClient):
    """Its timeouts are for a whole request: httpx' own begin anew with each byte of an answer."""

    def __init__(self) -> None:
        super().__init__(follow_redirects=False)

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """The answer, read to its end.

        Raises:
            httpx.HTTPError: nobody answered in time.
        """
        limit = request.extensions["timeout"]["read"]
        try:
            async with asyncio.timeout(limit):
                return await super().send(request, **options)
        except TimeoutError as slow:
            told = f"no answer within {limit:g} s"
            raise httpx.ReadTimeout(told, request=request) from slow
