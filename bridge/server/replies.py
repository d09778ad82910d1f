"""Short answers in words."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web


def reply(status: int, text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """One line of text."""
    return web.Response(status=status, text=f"{text}\n", headers=headers)
