"""Argo CD: its webhook, or a refresh of the applications that a push concerns."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from bridge.notify.applications import Applications, affected
from bridge.notify.exchange import exchange, post
from bridge.notify.notice import Notice
from bridge.notify.push_event import github_headers
from bridge.notify.told import Told, told_by
from bridge.settings.reconcilers import ArgoCDAPISettings, ArgoCDSettings
from bridge.settings.secret import secret_text

_AT_ONCE = 8
_MOST = 64 << 20
"""Bytes of an answer: a thousand applications and their status are some 30 MiB."""
_QUEUE_FULL = frozenset({503})
_UNAVAILABLE = frozenset({429, 503, 504})  # gRPC: exhausted, unavailable, deadline exceeded


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

    Raises:
        httpx.HTTPError, httpx.InvalidURL, ConfigInvalid: see call_webhook.
    """
    asking = _Asking(client, reconciler)
    if reconciler.applications:
        queries = [_named(name) for name in reconciler.applications]
    else:
        answer = await asking.get("")
        if not answer.is_success:
            return told_by(reconciler.name, answer, _UNAVAILABLE)
        try:
            listed = Applications.model_validate_json(answer.content).items or []
        except ValidationError as error:
            return Told(reconciler.name, f"no list of applications: {error.errors()[0]['msg']}")
        queries = [
            (one.metadata.name, one.metadata.namespace, one.spec.project)
            for one in affected(listed, notice)
        ]
    if not queries:
        return Told(reconciler.name, f"no application deploys {notice.repo_url} {notice.branch}")
    return await asking.refresh(queries)


def _named(name: str) -> tuple[str, str, str]:
    namespace, _, name = name.rpartition("/")
    return name, namespace, ""


class _Asking:
    """Requests to the API, so many at once."""

    def __init__(self, client: httpx.AsyncClient, reconciler: ArgoCDAPISettings) -> None:
        self._client = client
        self._reconciler = reconciler
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def get(self, path: str, **query: str) -> httpx.Response:
        """The answer of `/api/v1/applications…`."""
        token = secret_text(self._reconciler.token, self._reconciler.token_file)
        async with self._free:
            return await exchange(
                self._client,
                ("GET", f"{self._reconciler.url}/api/v1/applications{path}"),
                self._reconciler.timeout,
                _MOST,
                params=query,
                headers={"Authorization": f"Bearer {token}"},
            )

    async def refresh(self, queries: Sequence[tuple[str, str, str]]) -> Told:
        """Each of them (name, namespace, project); the first that failed is what is told."""
        answers = await asyncio.gather(*(self._refresh(*query) for query in queries))
        for (name, _, _), answer in zip(queries, answers, strict=True):
            if not answer.is_success:
                told = told_by(self._reconciler.name, answer, _UNAVAILABLE)
                return replace(told, error=f"application {name}: {told.error}")
        return Told(self._reconciler.name)

    async def _refresh(self, name: str, namespace: str, project: str) -> httpx.Response:
        # With its project an application that is missing is a 404, without a 403.
        given = {"appNamespace": namespace, "project": project}
        query = {key: value for key, value in given.items() if value}
        return await self.get(f"/{quote(name, safe='')}", refresh="normal", **query)
