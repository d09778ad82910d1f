"""Trying reconcilers without telling them of a push: what `doctor` says of each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Coroutine

import httpx

from bridge.errors import ConfigInvalid
from bridge.notify.argocd import call_argocd
from bridge.notify.argocd_api import ArgoCDAPI, Name, Refusal, understood
from bridge.notify.exchange import exchange
from bridge.notify.flux import call_flux
from bridge.notify.jenkins_x import call_jenkins_x
from bridge.notify.notice import Notice
from bridge.notify.told import Told
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
    JenkinsXSettings: (200, "Lighthouse's hook; is the path /hook?"),
}
_KEYS = {
    ArgoCDSettings: "webhook.github.secret of argocd-secret",
    FluxSettings: "the token of the Receiver's secretRef",
    JenkinsXSettings: "Lighthouse's HMAC token",
}
_NO_COMMIT = "0" * 40
_NOTHING = Push(_NO_COMMIT, _NO_COMMIT, "", (), ())
_NOWHERE = "https://doctor.invalid/no/repo"
"""Of a domain that can't be (RFC 2606)."""


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
            return await _endpoint(client, reconciler, state_repo)
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
    client: httpx.AsyncClient,
    reconciler: ArgoCDSettings | FluxSettings | JenkinsXSettings,
    state_repo: StateRepoSettings,
) -> str:
    """By a notice of a push that concerns nobody, signed as the real ones are.

    Flux reads no notice: it looks at its sources once more, which a poll does as well.
    """
    if not isinstance(reconciler, FluxSettings):
        usual, what = _EXPECTED[type(reconciler)]
        answer = await exchange(client, ("GET", reconciler.url), reconciler.timeout, _SHORT)
        if answer.status_code != usual:
            said = f"HTTP {answer.status_code}: not as {what}"
            raise ConfigInvalid(f"{reconciler.url}: {said} See url")
    told = await _told(client, reconciler, state_repo)
    if told.error:
        raise ConfigInvalid(f"{reconciler.url}: {told.error}; {_remedy(reconciler, told)}")
    return f"{reconciler.url} takes our notices"


def _told(
    client: httpx.AsyncClient,
    reconciler: ArgoCDSettings | FluxSettings | JenkinsXSettings,
    state_repo: StateRepoSettings,
) -> Coroutine[None, None, Told]:
    """Argo CD gets a repo that no application has; Lighthouse passes over a branch that is gone."""
    match reconciler:
        case ArgoCDSettings():
            return call_argocd(client, reconciler, Notice(_NOTHING, _NOWHERE, state_repo.branch))
        case FluxSettings():
            return call_flux(client, reconciler, Notice(_NOTHING, _NOWHERE, state_repo.branch))
        case JenkinsXSettings():
            notice = Notice(_NOTHING, state_repo.url, state_repo.branch)
            return call_jenkins_x(client, reconciler, notice)


def _remedy(reconciler: ArgoCDSettings | FluxSettings | JenkinsXSettings, told: Told) -> str:
    if told.error.startswith("HTTP 404"):
        return "is url what the Receiver's status shows?"
    if told.transient:
        return "not ready, suspended or overrun: try again"
    return f"see token_file: it holds {_KEYS[type(reconciler)]}"


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
