"""Trying reconcilers without telling them of a push: what `doctor` says of each."""

from __future__ import annotations

import os
import shutil
from typing import Any

import httpx

from bridge.errors import ConfigInvalid
from bridge.notify.argocd_api import ArgoCDAPI, Name, Refusal, understood
from bridge.notify.exchange import exchange
from bridge.notify.notice import Notice
from bridge.publish.push import Push
from bridge.settings.reconcilers import (
    ArgoCDAPISettings,
    ArgoCDSettings,
    CommandSettings,
    FluxSettings,
    JenkinsXSettings,
    ReconcilerSettings,
    WebhookSettings,
)
from bridge.settings.secret import secret_text
from bridge.settings.state_repo import StateRepoSettings

_SHORT = 16_384
_ALL = Push("", "", "", (".",), ())
"""A push that concerns every application of the branch."""
_EXPECTED = {
    ArgoCDSettings: (405, "argocd-server's webhook; is the path /api/webhook?"),
    FluxSettings: (400, "a Receiver; is it the path that its status shows?"),
    JenkinsXSettings: (200, "Lighthouse's hook; is the path /hook?"),
}


async def tried(reconciler: ReconcilerSettings, state_repo: StateRepoSettings) -> str:
    """What was found, in words.

    Raises:
        ConfigInvalid: what is wrong, and which setting to look at.
    """
    if isinstance(reconciler, CommandSettings):
        return _executable(reconciler)
    _secret(reconciler)
    if isinstance(reconciler, WebhookSettings):
        return f"not tried: nothing harmless is known that {reconciler.url} answers"
    try:
        async with httpx.AsyncClient(follow_redirects=False) as client:
            if isinstance(reconciler, ArgoCDAPISettings):
                return await _api(ArgoCDAPI(client, reconciler), reconciler, state_repo)
            return await _endpoint(client, reconciler)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConfigInvalid(
            f"{reconciler.url}: {type(error).__name__}: {error}; see url"
        ) from error


def _executable(reconciler: CommandSettings) -> str:
    program = reconciler.command[0]
    found = shutil.which(program, path=os.environ.get("PATH"))
    if found is None:
        raise ConfigInvalid(f"{program} is no program that can be run; see command and PATH")
    missing = [name for name in reconciler.pass_environment if name not in os.environ]
    if missing:
        raise ConfigInvalid(f"{', '.join(missing)}: not set here; see pass_environment")
    return f"{found} can be run"


def _secret(reconciler: ReconcilerSettings) -> None:
    if not isinstance(reconciler, CommandSettings):
        secret_text(reconciler.token, reconciler.token_file)
    if isinstance(reconciler, WebhookSettings):
        secret_text(None, reconciler.bearer_token_file)


async def _endpoint(
    client: httpx.AsyncClient, reconciler: ArgoCDSettings | FluxSettings | JenkinsXSettings
) -> str:
    """By what is no event there: a GET, or a body without a signature.

    A generic Receiver, whose path is the secret, takes it, and has Flux look once more.
    """
    usual, what = _EXPECTED[type(reconciler)]
    request, given = ("GET", reconciler.url), dict[str, Any]()
    if isinstance(reconciler, FluxSettings):
        request = ("POST", reconciler.url)
        given = {"content": b"{}", "headers": {"Content-Type": "application/json"}}
    answer = await exchange(client, request, reconciler.timeout, _SHORT, **given)
    if answer.status_code == 503:
        raise ConfigInvalid(f"{reconciler.url}: HTTP 503: not ready, or suspended")
    generic = isinstance(reconciler, FluxSettings) and answer.is_success
    if answer.status_code != usual and not generic:
        raise ConfigInvalid(f"{reconciler.url}: HTTP {answer.status_code}: not as {what} See url")
    return f"{reconciler.url} answers; whether the token is right shows at a push"


async def _api(api: ArgoCDAPI, reconciler: ArgoCDAPISettings, state_repo: StateRepoSettings) -> str:
    where = f"{state_repo.url} {state_repo.branch}"
    try:
        names = await api.concerned(Notice(_ALL, state_repo.url, state_repo.branch))
        if reconciler.applications:
            for name in names:
                understood(await api.application(name))
    except Refusal as refusal:
        given = refusal.answer
        said = f"{refusal}" if given is None else f"HTTP {given.status_code}: {given.text[:200]}"
        remedy = "see url, token_file, and its right to get applications"
        raise ConfigInvalid(f"{reconciler.url}: {said}; {remedy}") from refusal
    if not names:
        raise ConfigInvalid(f"no application deploys {where}; name them in applications")
    if reconciler.sync:
        await _may_sync(api, names)
    return f"{reconciler.url} shows {len(names)} applications of {where}"


async def _may_sync(api: ArgoCDAPI, names: list[Name]) -> None:
    for name in names:
        project = name.project or understood(await api.application(name)).spec.project
        answer = await api.ask("GET", f"account/can-i/applications/sync/{project}/{name.name}", {})
        if '"yes"' not in answer.text:
            remedy = "give the token the right to, or leave sync: true out"
            raise ConfigInvalid(f"may not sync application {name.name}; {remedy}")
