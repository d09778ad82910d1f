"""`run`: the service until SIGTERM."""

from __future__ import annotations

import asyncio
import signal

from bridge.commands.console import give_up
from bridge.observe.logs import set_up_logs
from bridge.service.serve import serve
from bridge.settings import Settings


def run_service(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT."""
    set_up_logs(settings.log)
    try:
        asyncio.run(_until_signal(settings))
    except OSError as error:
        give_up(f"can't listen on {settings.server.listen}: {error.strerror or error}")


async def _until_signal(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(settings, stop)
