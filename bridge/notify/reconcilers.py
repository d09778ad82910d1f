"""Telling deployers of a push so that they look now: best effort, never a publish's failure."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable

import httpx

from bridge.errors import ConfigInvalid
from bridge.notify.argocd import call_argocd, refresh_applications
from bridge.notify.command import run_command
from bridge.notify.flux import call_flux
from bridge.notify.jenkins_x import call_jenkins_x
from bridge.notify.notice import Notice
from bridge.notify.told import Told
from bridge.notify.webhook import call_webhook
from bridge.publish.push import Push
from bridge.settings.reconcilers import (
    ArgoCDAPISettings,
    ArgoCDSettings,
    CommandSettings,
    FluxSettings,
    HttpReconcilerSettings,
    JenkinsXSettings,
    ReconcilerSettings,
    WebhookSettings,
)
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
    if isinstance(reconciler, CommandSettings):
        return await run_command(reconciler, notice)
    try:
        return await _call(client, reconciler, notice)
    except (httpx.HTTPError, httpx.InvalidURL, ConfigInvalid) as error:
        return Told(reconciler.name, f"{type(error).__name__}: {error}")


def _call(
    client: httpx.AsyncClient, reconciler: HttpReconcilerSettings, notice: Notice
) -> Coroutine[None, None, Told]:
    match reconciler:
        case FluxSettings():
            return call_flux(client, reconciler, notice)
        case ArgoCDSettings():
            return call_argocd(client, reconciler, notice)
        case ArgoCDAPISettings():
            return refresh_applications(client, reconciler, notice)
        case JenkinsXSettings():
            return call_jenkins_x(client, reconciler, notice)
        case WebhookSettings():
            return call_webhook(client, reconciler, notice)
