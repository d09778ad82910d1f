"""A test alert, posted to a service like ours as Alertmanager does, that can scale nothing."""

from __future__ import annotations

import json
import ssl
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from bridge.errors import ConfigInvalid, RemoteUnavailable
from bridge.server.webhooks import ALERTMANAGER
from bridge.settings.secret import secret_text
from bridge.settings.server import ServerSettings

_LIMIT_S: Final = 10.0
_SHOWN: Final = 200
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # told from, not bound
_RESOLVED: Final = {
    "status": "resolved",
    "labels": {"alertname": "ScalebridgeDoctor", "scalebridge_test": "true"},
}
"""Marked as a test, and resolved: what has ended wakes no policy, whatever its labels are."""
_BODY: Final = {"version": "4", "status": "resolved", "alerts": [_RESOLVED]}


def own_url(settings: ServerSettings) -> str:
    """Where a service with these settings takes alerts; empty where its port is chosen late."""
    host, port = settings.address
    host = _EVERYWHERE.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    scheme = "https" if settings.tls else "http"
    return f"{scheme}://{shown}:{port}{ALERTMANAGER}" if port else ""


async def post_test_alert(settings: ServerSettings, url: str = "") -> str:
    """To this URL, or to the service itself; returns what became of it.

    Raises:
        RemoteUnavailable: nobody answers.
        ConfigInvalid: it was refused, or the token can't be read.
    """
    where = url or own_url(settings)
    if url and urlsplit(url).path in ("", "/"):
        where = url.rstrip("/") + ALERTMANAGER
    token = secret_text(settings.webhook_token, settings.webhook_token_file)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    limit = aiohttp.ClientTimeout(total=_LIMIT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, headers=headers) as session,
            session.post(
                where, data=json.dumps(_BODY), ssl=_trust(settings, url), allow_redirects=False
            ) as answer,
        ):
            said = (await answer.content.read(_SHOWN)).decode(errors="replace").strip()
    except (TimeoutError, aiohttp.ClientError, ValueError) as error:
        raise RemoteUnavailable(f"{where}: {error or type(error).__name__}") from error
    if answer.status == 202:
        return f"{where} took a test alert{' by the token' if token else ''}"
    raise ConfigInvalid(f"{where}: HTTP {answer.status}: {said}{_remedy(answer.status)}")


def _trust(settings: ServerSettings, url: str) -> ssl.SSLContext | bool:
    """Our own certificate is known, and may be for another name than the address."""
    if url or settings.tls is None:
        return True
    context = ssl.create_default_context(cafile=settings.tls.cert_file)
    context.check_hostname = False
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    return context


def _remedy(status: int) -> str:
    remedies = {
        401: "; is server.webhook_token_file the running service's?",
        404: f"; the URL ends with {ALERTMANAGER}",
        503: "; it is up, but busy, or can't read its token",
    }
    return remedies.get(status, "")
