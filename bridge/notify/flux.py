"""A Receiver of Flux's notification-controller."""

from __future__ import annotations

import httpx

from bridge.notify.notice import Notice
from bridge.notify.push_event import signature
from bridge.notify.told import Told, told_by
from bridge.settings.reconcilers import FluxSettings
from bridge.settings.secret import secret_text


async def call_flux(client: httpx.AsyncClient, reconciler: FluxSettings, notice: Notice) -> Told:
    """POSTs the push event to the Receiver's path.

    Raises:
        httpx.HTTPError, httpx.InvalidURL, ConfigInvalid: see call_webhook.
    """
    body = notice.as_push_event()
    headers = {"Content-Type": "application/json"}
    if key := secret_text(reconciler.token, reconciler.token_file):
        headers["X-Signature"] = signature(body, key)
    answer = await client.post(
        reconciler.url, content=body, headers=headers, timeout=reconciler.timeout
    )
    return told_by(reconciler.name, answer)
