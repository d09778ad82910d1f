"""Listening: HTTP or HTTPS, with a bound on connections and on how long they may be silent."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import cast

from aiohttp import web

from bridge.errors import ConfigInvalid
from bridge.observe.board import Board
from bridge.observe.status import Status, Statuses
from bridge.server.acting import Actions
from bridge.server.door import Door
from bridge.server.face import Face
from bridge.server.manners import Discreet, bounded, dress, well_formed
from bridge.server.pages import Pages
from bridge.server.webhooks import Listeners, Webhooks, count_replies
from bridge.settings.server import ServerSettings, TlsSettings

_LINGER_S = 2.0
"""What is sent after a reply was given is read no longer than this."""


class Server:
    """The service's HTTP side, as an async context that listens while it is open."""

    def __init__(
        self,
        settings: ServerSettings,
        status: Status | Statuses,
        listeners: Listeners,
        clock: Callable[[], datetime],
        actions: Actions | None = None,
    ) -> None:
        self._settings = settings
        application = web.Application(
            client_max_size=settings.max_body,
            middlewares=[count_replies, well_formed(settings), bounded(settings)],
        )
        application.add_routes(Webhooks(settings, listeners, clock).routes)
        application.add_routes(Pages(status, settings.hung_after).routes)
        board = Board(status, clock, settings.hung_after)
        self._credentials = board.each[0].sources.credentials
        face = Face(settings, board, actions, clock)
        application.add_routes(face.routes)
        application.on_response_prepare.append(dress)
        application.on_shutdown.append(face.events.close)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            logger=Discreet(logging.getLogger("aiohttp.server"), {}),
            shutdown_timeout=2.0,
            keepalive_timeout=settings.idle_timeout,
            lingering_time=_LINGER_S,
        )
        self._door: Door | None = None

    async def __aenter__(self) -> tuple[str, int]:
        """Starts to listen; the address bound, with the port chosen for port 0.

        Raises:
            ConfigInvalid: the address can't be bound, or a certificate not used.
        """
        settings, tls = self._settings, self._settings.tls
        context = _context(tls) if tls else None
        if tls:
            self._credentials.note("tls", "", _end_of(tls.cert_file))
        await self._runner.setup()
        server = cast("web.Server", self._runner.server)
        self._door = Door(server, settings.max_connections, context)
        try:
            return await self._door.open(settings.address, settings.idle_timeout)
        except OSError as error:
            await self.__aexit__()
            where = f"server.listen: can't listen on {settings.listen}"
            raise ConfigInvalid(f"{where}: {error.strerror or error}") from error

    async def __aexit__(self, *_: object) -> None:
        if self._door:
            await self._door.close()
        await self._runner.cleanup()


def _context(tls: TlsSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file)
        if tls.client_ca_file:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(tls.client_ca_file)
    except (OSError, ValueError) as error:
        raise ConfigInvalid(f"server.tls: the certificates can't be used: {error}") from error
    return context


def _end_of(certificate: Path) -> float:
    """As Unix time."""
    from cryptography.x509 import load_pem_x509_certificate  # slow, and only needed for HTTPS

    return load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc.timestamp()
