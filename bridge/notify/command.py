"""A command of one's own, which gets the facts of a push as JSON on its standard input."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from contextlib import suppress

from bridge.notify.notice import Notice
from bridge.notify.told import Told
from bridge.settings.reconcilers import CommandSettings

_OUTPUT_KEPT = 4096
_CHUNK = 65536
_GRACE_S = 5.0
_ENVIRONMENT = ("PATH", "HOME", "LANG")


async def run_command(reconciler: CommandSettings, notice: Notice) -> Told:
    """Runs it to its end, or to that of its time; the last 4 KiB of its output are kept."""
    try:
        process = await asyncio.create_subprocess_exec(
            *reconciler.command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,
            env=_environment(reconciler),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return Told(reconciler.name, f"{reconciler.command[0]} can't be run: {error}")
    kept = bytearray()
    try:
        async with asyncio.timeout(reconciler.timeout):
            await asyncio.gather(_feed(process, notice.as_json()), _drain(process, kept))
            code = await process.wait()
    except TimeoutError:
        problem = f"not done after {reconciler.timeout:g} s: terminated"
    else:
        problem = f"exit code {code}" if code else ""
    finally:
        await _end(process, kept)
    output = kept.decode("utf-8", "replace").strip()
    return Told(reconciler.name, problem, output, problem == f"exit code {os.EX_TEMPFAIL}")


def _environment(reconciler: CommandSettings) -> dict[str, str]:
    """None of the service's own secrets."""
    names = (*_ENVIRONMENT, *reconciler.pass_environment)
    return {name: os.environ[name] for name in names if name in os.environ}


async def _feed(process: Process, facts: bytes) -> None:
    assert process.stdin is not None  # noqa: S101  # for mypy: it is a pipe
    with suppress(BrokenPipeError, ConnectionResetError):  # it need not read them
        process.stdin.write(facts)
        await process.stdin.drain()
    process.stdin.close()


async def _drain(process: Process, kept: bytearray) -> None:
    """Reads to the end, so that it never waits for us, and keeps the end only."""
    assert process.stdout is not None  # noqa: S101  # for mypy: it is a pipe
    while chunk := await process.stdout.read(_CHUNK):
        kept += chunk
        del kept[:-_OUTPUT_KEPT]


async def _end(process: Process, kept: bytearray) -> None:
    """Nothing that it started outlives it; a moment to clean up, as Terraform's state lock asks."""
    _signal(process, signal.SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_S):
            await _drain(process, kept)
            await process.wait()
    _signal(process, signal.SIGKILL)
    await process.wait()


def _signal(process: Process, sent: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # the whole group is gone
        os.killpg(process.pid, sent)
