"""Servers in a thread let nothing go unclosed."""

from __future__ import annotations

import asyncio
import gc
import socket

from tests.parts.threads import LoopThread, close, turns


async def closed_in_the_turn_of_an_accept() -> None:
    """The connection was taken from the kernel, and the server knows nothing of it yet."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname()):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await close(server)
        await turns()
    gc.collect()


def test_a_connection_that_is_accepted_as_its_server_closes_is_closed() -> None:
    with LoopThread() as thread:
        thread.run(closed_in_the_turn_of_an_accept())
