"""Telling deployers of a push so that they look now: best effort, never a publish's failure."""

from __future__ import annotations

import asyncio
import random
from asyncio import sleep
from collections import deque
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

_PAUSES_S = (1.0, 2.0, 4.0)
_MOST_WAITING = 20


class Turns:
    """Commands run one at a time, whichever state repo was pushed to: a script may serve several.

    Over HTTP each state repo has its own turn.
    """

    def __init__(self) -> None:
        self._of_commands: dict[str, asyncio.Lock] = {}

    def of(self, reconciler: ReconcilerSettings) -> asyncio.Lock:
        """Whoever holds it may tell this reconciler."""
        if isinstance(reconciler, CommandSettings):
            return self._of_commands.setdefault(reconciler.name, asyncio.Lock())
        return asyncio.Lock()


class Reconcilers:
    """All reconcilers of a state repo, told at once, one notice per push.

    A notice that may be taken later is sent up to three times more. Each reconciler hears of
    pushes in their order, whatever another one is at.
    """

    def __init__(
        self,
        reconcilers: Iterable[ReconcilerSettings],
        state_repo: StateRepoSettings,
        turns: Turns | None = None,
    ) -> None:
        turns = turns or Turns()
        self._lines = tuple(_Line(one, turns.of(one)) for one in reconcilers)
        self._state_repo = state_repo

    async def tell(self, push: Push) -> list[Told]:
        """Tells each; what fails is returned, not raised. Those left to a newer push are not."""
        if not self._lines:
            return []
        notice = Notice(push, self._state_repo.url, self._state_repo.branch)
        async with httpx.AsyncClient(follow_redirects=False) as client:
            answers = await asyncio.gather(*(line.tell(client, notice) for line in self._lines))
        return [told for told in answers if told]


class _Line:
    """One reconciler, and the notices that wait for it; the oldest gives way to the newest."""

    def __init__(self, reconciler: ReconcilerSettings, turn: asyncio.Lock) -> None:
        self._reconciler = reconciler
        self._turn = turn
        # A command applies the branch as it is, and may take longer than a push takes to come.
        most = 1 if isinstance(reconciler, CommandSettings) else _MOST_WAITING
        self._waiting: deque[Notice] = deque(maxlen=most)

    async def tell(self, client: httpx.AsyncClient, notice: Notice) -> Told | None:
        """What it said; None where a command's waiting notice was overtaken by a newer one."""
        self._waiting.append(notice)
        async with self._turn:
            if not any(waiting is notice for waiting in self._waiting):
                return self._overtaken()
            self._waiting.remove(notice)
            return await self._until_settled(client, notice)

    def _overtaken(self) -> Told | None:
        if isinstance(self._reconciler, CommandSettings):
            return None
        why = f"never told of this push: {_MOST_WAITING} newer ones wait for its answer"
        return Told(self._reconciler.name, why)

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
