"""One request and its answer: within a time in all, and of a bounded size."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import httpx

from bridge.settings.reconcilers import CalledSettings

_SHORT: Final = 16_384
"""Bytes of an answer that is only shown."""


async def exchange(
    client: httpx.AsyncClient, request: tuple[str, str], within: float, most: int, **given: Any
) -> httpx.Response:
    """The answer to method and URL; its body is read up to `most` bytes, and cut there.

    httpx' own timeouts are for each read: who sends a byte now and then would hold us for ever.

    Raises:
        httpx.HTTPError, httpx.InvalidURL: nobody answered, or not within that many seconds.
    """
    body = bytearray()
    # Else httpx raises a UnicodeEncodeError at a token that is no ASCII.
    headers = httpx.Headers(given.pop("headers", None), encoding="utf-8")
    try:
        async with (
            asyncio.timeout(within),
            client.stream(*request, timeout=within, headers=headers, **given) as answer,
        ):
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > most:
                    break
    except TimeoutError as error:
        raise httpx.ReadTimeout(f"no whole answer within {within:g} s") from error
    kind = {"Content-Type": answer.headers.get("Content-Type", "text/plain")}
    return httpx.Response(answer.status_code, headers=kind, content=bytes(body[:most]))


async def post(
    client: httpx.AsyncClient, reconciler: CalledSettings, body: bytes, headers: Mapping[str, str]
) -> httpx.Response:
    """What it answers to a notice.

    Raises:
        httpx.HTTPError, httpx.InvalidURL: see exchange.
    """
    request = ("POST", reconciler.url)
    return await exchange(
        client, request, reconciler.timeout, _SHORT, content=body, headers=dict(headers)
    )
