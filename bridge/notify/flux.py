"""A Receiver of Flux's notification-controller."""

from __future__ import annotations

import httpx

from bridge.notify.exchange import post
from bridge.notify.notice import Notice
from bridge.notify.push_event import github_headers, signature
from bridge.notify.told import Told, told_by
from bridge.settings.reconcilers import FluxSettings
from bridge.settings.secret import secret_text

_TRANSIENT = frozenset({503})  # the Receiver is not ready yet, or suspended


async def call_flux(client: httpx.AsyncClient, reconciler: FluxSettings, notice: Notice) -> Told:
    """POSTs the push event to the Receiver's path.

    Raises:
        httpx.HTTPError, httpx.InvalidURL, ConfigInvalid: see call_webhook.
    """
    body = notice.as_push_event()
    answer = await post(client, reconciler, body, _headers(reconciler, body))
    return told_by(reconciler.name, answer, _TRANSIENT)


def _headers(reconciler: FluxSettings, body: bytes) -> dict[str, str]:
    key = secret_text(reconciler.token, reconciler.token_file)
    if reconciler.receiver == "github":
        return github_headers(body, key)
    headers = {"Content-Type": "application/json"}
    return headers if key is None else headers | {"X-Signature": signature(body, key)}
