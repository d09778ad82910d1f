"""A webhook of one's own: the facts of a push, or a template over them."""

from __future__ import annotations

import httpx

from bridge.errors import ConfigInvalid
from bridge.notify.exchange import post
from bridge.notify.notice import Notice
from bridge.notify.push_event import signature
from bridge.notify.told import Told, told_by
from bridge.settings.reconcilers import WebhookSettings
from bridge.settings.secret import secret_text

_TRANSIENT = frozenset({429, 502, 503, 504})  # RFC 9110 and RFC 6585
_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Of what a template does with its values, such as a division by a count of 0."""


async def call_webhook(
    client: httpx.AsyncClient, reconciler: WebhookSettings, notice: Notice
) -> Told:
    """POSTs the body, signed where a token is given.

    Raises:
        httpx.HTTPError, httpx.InvalidURL: nobody answered.
        ConfigInvalid: a secret or the template can't be used.
    """
    body = _body(reconciler, notice)
    headers = {"Content-Type": reconciler.content_type}
    if key := secret_text(reconciler.token, reconciler.token_file):
        headers[reconciler.signature_header] = signature(body, key)
    if bearer := secret_text(None, reconciler.bearer_token_file):
        headers["Authorization"] = f"Bearer {bearer}"
    answer = await post(client, reconciler, body, headers)
    return told_by(reconciler.name, answer, _TRANSIENT)


def _body(reconciler: WebhookSettings, notice: Notice) -> bytes:
    if reconciler.body is None:
        return notice.as_json()
    from jinja2 import StrictUndefined, TemplateError  # slow, and rarely needed
    from jinja2.sandbox import SandboxedEnvironment  # the same

    # A body is no HTML: `tojson` is what escapes here.
    rules = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    try:
        return rules.from_string(reconciler.body).render(notice.facts()).encode()
    except (TemplateError, *_FAULTS) as error:
        raise ConfigInvalid(f"reconciler {reconciler.name}: body: {error}") from error
