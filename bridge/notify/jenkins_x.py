"""Jenkins X's Lighthouse."""

from __future__ import annotations

from dataclasses import replace

import httpx

from bridge.notify.exchange import post
from bridge.notify.notice import Notice
from bridge.notify.push_event import github_headers, signature
from bridge.notify.told import Told, told_by
from bridge.settings.reconcilers import JenkinsXSettings
from bridge.settings.secret import secret_text

_TRANSIENT = frozenset({500, 502, 503, 504})
_NOT_UNDERSTOOD = "Failed to parse webhook"  # a 500 for good: signature, event or body


async def call_jenkins_x(
    client: httpx.AsyncClient, reconciler: JenkinsXSettings, notice: Notice
) -> Told:
    """Sends a GitHub push event to `/hook`; taken means queued, not run.

    Raises:
        httpx.HTTPError, httpx.InvalidURL, ConfigInvalid: see call_webhook.
    """
    body = notice.as_lighthouse_push()
    key = secret_text(reconciler.token, reconciler.token_file)
    headers = github_headers(body, key)
    if key is not None:  # it reads this one only, of any algorithm
        headers["X-Hub-Signature"] = signature(body, key)
    answer = await post(client, reconciler, body, headers)
    told = told_by(reconciler.name, answer, _TRANSIENT)
    if _NOT_UNDERSTOOD in answer.text:
        return replace(told, transient=False)
    return told
