"""Argo CD: its webhook, or a refresh of the applications that a push concerns, and a sync."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import httpx

from bridge.notify.argocd_api import ArgoCDAPI, Name, Refusal, understood
from bridge.notify.exchange import post
from bridge.notify.notice import Notice
from bridge.notify.push_event import github_headers
from bridge.notify.told import Told, told_by
from bridge.settings.reconcilers import ArgoCDAPISettings, ArgoCDSettings
from bridge.settings.secret import secret_text

_QUEUE_FULL = frozenset({503})
_UNAVAILABLE = frozenset({429, 503, 504})  # gRPC: exhausted, unavailable, deadline exceeded
_BUSY = "another operation is already in progress"


async def call_argocd(
    client: httpx.AsyncClient, reconciler: ArgoCDSettings, notice: Notice
) -> Told:
    """Sends a GitHub push event to `/api/webhook`.

    Raises:
        httpx.HTTPError, httpx.InvalidURL, ConfigInvalid: see call_webhook.
    """
    body = notice.as_push_event()
    headers = github_headers(body, secret_text(reconciler.token, reconciler.token_file))
    answer = await post(client, reconciler, body, headers)
    return told_by(reconciler.name, answer, _QUEUE_FULL)


async def refresh_applications(
    client: httpx.AsyncClient, reconciler: ArgoCDAPISettings, notice: Notice
) -> Told:
    """Asks for each application with `refresh=normal`, which needs the right `get` only.

    With `sync`, those that don't sync by themselves are told to.

    Raises:
        httpx.HTTPError, httpx.InvalidURL, ConfigInvalid: see call_webhook.
    """
    refreshing = _Refreshing(ArgoCDAPI(client, reconciler), reconciler, notice)
    try:
        return await refreshing.told()
    except Refusal as refusal:
        if refusal.answer is None:
            return Told(reconciler.name, str(refusal))
        return told_by(reconciler.name, refusal.answer, _UNAVAILABLE)


class _Refreshing:
    """One notice for all applications that it concerns."""

    def __init__(self, api: ArgoCDAPI, reconciler: ArgoCDAPISettings, notice: Notice) -> None:
        self._api = api
        self._reconciler = reconciler
        self._notice = notice

    async def told(self) -> Told:
        """The first that failed is what is told."""
        names = await self._api.concerned(self._notice)
        if not names:
            where = f"{self._notice.repo_url} {self._notice.branch}"
            return Told(self._reconciler.name, f"no application deploys {where}")
        asked = map(self._refresh, names)
        answers = await asyncio.gather(*asked, return_exceptions=True)  # else one ends the others
        return self._summed(names, answers)

    def _summed(
        self, names: Sequence[Name], answers: Sequence[httpx.Response | BaseException]
    ) -> Told:
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            if not answer.is_success:
                told = told_by(self._reconciler.name, answer, _UNAVAILABLE)
                busy = _BUSY in answer.text
                error = f"application {name.name}: {told.error}"
                return replace(told, error=error, transient=told.transient or busy)
        return Told(self._reconciler.name)

    async def _refresh(self, name: Name) -> httpx.Response:
        answer = await self._api.application(name, refresh="normal")
        if not (answer.is_success and self._reconciler.sync):
            return answer
        application = understood(answer)
        if application.syncs_itself or application.status.sync.status != "OutOfSync":
            return answer
        # Of several sources one revision can't be told by itself: each goes to its own target.
        several = application.has_several_sources
        wanted = {} if several else {"revision": self._notice.push.after}
        return await self._api.ask(
            "POST", self._api.path(name, "sync"), {}, {**name.given(), **wanted}
        )
