"""Telling deployers of a push so that they look now: best effort, never a publish's failure."""

from __future__ import annotations

import asyncio
import random
from asyncio import sleep
from collections.abc import Coroutine, Iterable

import httpx

from bridge.errors import ConfigInvalid
from bridge.notify.argocd import call_argocd, refresh_applications
from bridge.notify.client import Client
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

_PAUSES_S = (1.0, 2.0, 4.0)


class Reconcilers:
    """All reconcilers of the configuration, told at once, one notice per push.

    A notice that may be taken later is sent up to three times more. Each reconciler hears of
    pushes in their order, whatever another one is at.
    """

    def __init__(
        self, reconcilers: Iterable[ReconcilerSettings], state_repo: StateRepoSettings
    ) -> None:
        self._lines = tuple(_Line(reconciler) for reconciler in reconcilers)
        self._state_repo = state_repo

    async def tell(self, push: Push) -> list[Told]:
        """Tells each; what fails is returned, not raised. Those left to a newer push are not."""
        if not self._lines:
            return []
        notice = Notice(push, self._state_repo.url, self._state_repo.branch)
        async with Client() as client:
            answers = await asyncio.gather(*(line.tell(client, notice) for line in self._lines))
        return [told for told in answers if told]


class _Line:
    """One reconciler, and the notices that wait for it."""

    def __init__(self, reconciler: ReconcilerSettings) -> None:
        self._reconciler = reconciler
        self._turn = asyncio.Lock()
        self._newest: Notice | None = None

    async def tell(self, client: httpx.AsyncClient, notice: Notice) -> Told | None:
        """What it said; None where a command's waiting notice was overtaken by a newer one."""
        self._newest = notice
        async with self._turn:
            # A command applies the branch as it is, and may take longer than a push takes to come.
            if isinstance(self._reconciler, CommandSettings) and notice is not self._newest:
                return None
            return await self._until_settled(client, notice)

    async def _until_settled(self, client: httpx.AsyncClient, notice: Notice) -> Told:
        for pause in _PAUSES_S:
            told = await _tell(client, self._reconciler, notice)
            if not told.transient:
                return told
            await sleep(pause * random.uniform(0.5, 1))  # noqa: S311  # jitter, no secret
        return await _tell(client, self._reconciler, notice)


async def _tell(client: httpx.AsyncClient, reconciler: ReconcilerSettings, notice: Notice) -> Told:
    if isinstance(reconciler, CommandSettings):
        return await run_command(reconciler, notice)
    try:
        return await _call(client, reconciler, notice)
    except (httpx.HTTPError, httpx.InvalidURL, ConfigInvalid) as error:
        lost = isinstance(error, httpx.TransportError)
        return Told(reconciler.name, f"{type(error).__name__}: {error}", transient=lost)


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
