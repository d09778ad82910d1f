"""Reading back from Argo CD's API what became of a push."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import httpx
from pydantic import ValidationError

from bridge.errors import ConfigInvalid
from bridge.notify.applications import Application
from bridge.notify.argocd_api import ArgoCDAPI, Name, Refusal, understood
from bridge.notify.notice import Notice
from bridge.notify.sync_windows import SyncWindows
from bridge.publish.push import Push
from bridge.settings.reconcilers import ArgoCDAPISettings
from bridge.settings.state_repo import StateRepoSettings
from bridge.trigger.report import Report

_PUSHES_KEPT = 20


class ArgoCDReadBack:
    """One argocd-server, asked with the right `get` only."""

    def __init__(self, reconciler: ArgoCDAPISettings, state_repo: StateRepoSettings) -> None:
        self._reconciler = reconciler
        self._state_repo = state_repo
        self._concerned: OrderedDict[str, Sequence[Name]] = OrderedDict()
        """By commit: the list of all applications is long, and asked for once."""

    @property
    def source(self) -> str:
        """As the configuration names it."""
        return self._reconciler.name

    async def reports(self, push: Push, now: datetime) -> list[Report]:
        """A report on each application that the push concerns; what went wrong is one, too."""
        notice = Notice(push, self._state_repo.url, self._state_repo.branch)
        try:
            async with httpx.AsyncClient(follow_redirects=False) as client:
                api = ArgoCDAPI(client, self._reconciler)
                names = await self._names(api, notice)
                asked = (self._report(api, name, notice, now) for name in names)
                return list(await asyncio.gather(*asked))
        except (httpx.HTTPError, httpx.InvalidURL, ConfigInvalid, Refusal) as error:
            return [self._unknown(self.source, error)]

    async def _names(self, api: ArgoCDAPI, notice: Notice) -> Sequence[Name]:
        commit = notice.push.after
        if commit not in self._concerned:
            self._concerned[commit] = await api.concerned(notice)
            if len(self._concerned) > _PUSHES_KEPT:
                self._concerned.popitem(last=False)
        return self._concerned[commit]

    async def _report(self, api: ArgoCDAPI, name: Name, notice: Notice, now: datetime) -> Report:
        try:
            application = understood(await api.application(name))
        except (Refusal, httpx.HTTPError) as error:  # of one, while the others answer
            return self._unknown(f"application {name}", error)
        report = replace(application.standing(notice).report(), source=self.source)
        if report.state == "failed" or not _waits(application):
            return report
        if not application.syncs_itself and not self._reconciler.sync:
            return replace(report, text="OutOfSync, and its syncPolicy is not automated")
        until = await _closed_until(api, name, now)
        if until is None:
            return report
        text = f"a sync window keeps it waiting until {until:%Y-%m-%d %H:%M} UTC"
        return replace(report, until=until, text=text)

    def _unknown(self, subject: str, error: Exception) -> Report:
        text = (
            f"{type(error).__name__}: {error}" if isinstance(error, httpx.HTTPError) else f"{error}"
        )
        return Report(source=self.source, subject=subject, state="underway", text=text)


def _waits(application: Application) -> bool:
    """Whether nothing but a closed window may keep it from syncing."""
    running = application.status.operation and application.status.operation.phase == "Running"
    return application.status.sync.status == "OutOfSync" and not running


async def _closed_until(api: ArgoCDAPI, name: Name, now: datetime) -> datetime | None:
    try:
        answer = await api.ask("GET", api.path(name, "syncwindows"), name.given())
        if answer.is_success:
            return SyncWindows.model_validate_json(answer.content).closed_until(now)
    except (httpx.HTTPError, ValidationError):
        return None
    return None
