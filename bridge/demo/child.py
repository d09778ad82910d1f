"""A process that we started: does it answer, what did it say last, and its end."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path
from typing import Final

import aiohttp

_TAIL_LINES: Final = 15


async def answers(session: aiohttp.ClientSession, url: str) -> bool:
    """Whether a GET succeeds now."""
    with suppress(aiohttp.ClientError):
        async with session.get(url) as response:
            return response.ok
    return False


async def stop(process: Process, within: float) -> None:
    """SIGTERM, and SIGKILL after `within` seconds; it is gone afterwards."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def with_log_tail(what: str, log: Path) -> str:
    """What went wrong, and the last lines of the log."""
    tail = log.read_text("utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
    return "\n".join((f"{what}; its log ends:", *tail))
