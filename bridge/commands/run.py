"""`run`: the service until SIGTERM."""

from __future__ import annotations

import asyncio
import signal

from bridge.commands.console import awaited
from bridge.observe.logs import set_up_logs
from bridge.policy.shard import Shard
from bridge.service.serve import serve
from bridge.settings.configuration import Settings


def run_service(settings: Settings, shard: Shard) -> None:
    """Serves until SIGTERM or SIGINT."""
    set_up_logs(settings.log)
    awaited(_until_signal(settings, shard))


async def _until_signal(settings: Settings, shard: Shard) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(settings, stop, shard=shard)
