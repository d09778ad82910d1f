"""Telling deployers of a push so that they look now: best effort, never a publish's failure."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Mapping

import httpx

from bridge.errors import ConfigInvalid
from bridge.notify.command import run_command
from bridge.notify.notice import Notice
from bridge.notify.push_event import signature
from bridge.notify.told import Told, told_by
from bridge.notify.webhook import call_webhook
from bridge.publish.push import Push
from bridge.settings.reconcilers import (
    ArgoCDSettings,
    CommandSettings,
    FluxSettings,
    ReconcilerSettings,
    WebhookSettings,
)
from bridge.settings.secret import secret_text
from bridge.settings.state_repo import StateRepoSettings


class Reconcilers:
    """All reconcilers of the configuration, told at once, one notice per push."""

    def __init__(
        self, reconcilers: Iterable[ReconcilerSettings], state_repo: StateRepoSettings
    ) -> None:
        self._reconcilers = tuple(reconcilers)
        self._state_repo = state_repo

    async def tell(self, push: Push) -> list[Told]:
        """Tells each; what fails is returned, not raised."""
        if not self._reconcilers:
            return []
        notice = Notice(push, self._state_repo.url, self._state_repo.branch)
        async with httpx.AsyncClient(follow_redirects=False) as client:
            return await asyncio.gather(*(_tell(client, r, notice) for r in self._reconcilers))


async def _tell(client: httpx.AsyncClient, reconciler: ReconcilerSettings, notice: Notice) -> Told:
    try:
        if isinstance(reconciler, CommandSettings):
            return await run_command(reconciler, notice)
        if isinstance(reconciler, WebhookSettings):
            return await call_webhook(client, reconciler, notice)
        body = notice.as_push_event()
        headers = _headers(reconciler, body)
        answer = await client.post(
            reconciler.url, content=body, headers=headers, timeout=reconciler.timeout
        )
        return told_by(reconciler.name, answer)
    except (httpx.HTTPError, httpx.InvalidURL, ConfigInvalid) as error:
        return Told(reconciler.name, f"{type(error).__name__}: {error}")


def _headers(reconciler: FluxSettings | ArgoCDSettings, body: bytes) -> Mapping[str, str]:
    headers = {"Content-Type": "application/json"}
    if reconciler.type == "argocd":
        headers |= {"X-GitHub-Event": "push", "X-GitHub-Delivery": str(uuid.uuid4())}
    key = secret_text(reconciler.token, reconciler.token_file)
    if key is None:
        return headers
    if reconciler.type == "flux":
        return headers | {"X-Signature": signature(body, key)}
    return headers | {
        "X-Hub-Signature-256": signature(body, key),
        "X-Hub-Signature": signature(body, key, "sha1"),  # what older versions read
    }
