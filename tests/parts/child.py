"""Git as the backend of a server: a process that does not outlive the request it answers."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from subprocess import PIPE


@asynccontextmanager
async def child(
    *command: str, env: Mapping[str, str], stderr: int | None = None
) -> AsyncIterator[Process]:
    """Its pipes are read to their end also where whoever asked is gone."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=stderr, env=env
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
