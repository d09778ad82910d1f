"""Argo CD's API: requests with our token, so many at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from bridge.notify.applications import Application, Applications, affected
from bridge.notify.exchange import exchange
from bridge.notify.notice import Notice
from bridge.settings.reconcilers import ArgoCDAPISettings
from bridge.settings.secret import secret_text

_AT_ONCE = 8
_MOST = 64 << 20
"""Bytes of an answer: a thousand applications and their status are some 30 MiB."""


class Name(NamedTuple):
    """What the API finds an application by."""

    name: str
    namespace: str = ""
    project: str = ""

    def __str__(self) -> str:
        """As an application calls itself."""
        return "/".join(filter(None, (self.namespace, self.name)))

    def given(self) -> dict[str, str]:
        """With its project an application that is missing is a 404, without it a 403."""
        fields = {"appNamespace": self.namespace, "project": self.project}
        return {key: value for key, value in fields.items() if value}


class Refusal(Exception):
    """Argo CD answered, and not with what was asked for; `answer` is None where it is no JSON."""

    def __init__(self, text: str, answer: httpx.Response | None = None) -> None:
        super().__init__(text)
        self.answer = answer


class ArgoCDAPI:
    """Requests to one argocd-server.

    Raises:
        httpx.HTTPError, httpx.InvalidURL, ConfigInvalid: see call_webhook.
    """

    def __init__(self, client: httpx.AsyncClient, reconciler: ArgoCDAPISettings) -> None:
        self._client = client
        self._reconciler = reconciler
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """The answer of `/api/v1/…`."""
        settings = self._reconciler
        headers = {"Authorization": f"Bearer {secret_text(settings.token, settings.token_file)}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        async with self._free:
            return await exchange(
                self._client,
                (method, f"{settings.url}/api/v1/{path}"),
                settings.timeout,
                _MOST,
                params=dict(query),
                headers=headers,
                content=b"" if body is None else json.dumps(body).encode(),
            )

    async def concerned(self, notice: Notice) -> list[Name]:
        """The applications that are named, or those that a push concerns.

        Raises:
            Refusal: no list of applications came.
        """
        if self._reconciler.applications:
            parts = (name.rpartition("/") for name in self._reconciler.applications)
            return [Name(name, namespace) for namespace, _, name in parts]
        answer = await self.ask("GET", "applications", {})
        if not answer.is_success:
            raise Refusal(f"HTTP {answer.status_code}", answer)
        try:
            listed = Applications.model_validate_json(answer.content).items or []
        except ValidationError as error:
            raise Refusal(f"no list of applications: {error.errors()[0]['msg']}") from error
        return [
            Name(one.metadata.name, one.metadata.namespace, one.spec.project)
            for one in affected(listed, notice)
        ]

    async def application(self, name: Name, **more: str) -> httpx.Response:
        """One as it stands; with `refresh`, once it was compared."""
        return await self.ask("GET", self.path(name), {**name.given(), **more})

    @staticmethod
    def path(name: Name, *more: str) -> str:
        """Of an application, or of something of it."""
        return "/".join(("applications", quote(name.name, safe=""), *more))


def understood(answer: httpx.Response) -> Application:
    """The application that an answer holds.

    Raises:
        Refusal: it holds none.
    """
    if not answer.is_success:
        raise Refusal(f"HTTP {answer.status_code}: {answer.text[:200]}", answer)
    try:
        return Application.model_validate_json(answer.content)
    except ValidationError as error:
        raise Refusal(f"no application: {error.errors()[0]['msg']}") from error
