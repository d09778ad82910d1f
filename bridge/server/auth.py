"""Who may post webhooks: those who know the token, Grafana and Git hosts by their signature."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from bridge.settings.secret import secret_text
from bridge.settings.server import GrafanaSettings, HubSignatureSettings, ServerSettings
from bridge.trigger.flux import hub_signature_fault
from bridge.trigger.grafana import Signed


def token_fault(settings: ServerSettings, headers: Mapping[str, str]) -> str:
    """Empty for a bearer token, or basic auth with it as its password; in constant time.

    Raises:
        ConfigInvalid: the token can't be read.
    """
    token = secret_text(settings.webhook_token, settings.webhook_token_file)
    if token is None:
        return ""
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        given = _password(given)
    elif scheme.lower() != "bearer":
        given = ""
    known = hmac.compare_digest(given.strip().encode(errors="surrogateescape"), token.encode())
    return "" if known else "webhook token missing or wrong"


def hub_fault(
    given: HubSignatureSettings, header: str, headers: Mapping[str, str], body: bytes
) -> str:
    """Empty for a body that a Git host or Flux signed, in this header.

    Raises:
        ConfigInvalid: the secret can't be read.
    """
    secret = secret_text(given.secret, given.secret_file) or ""
    return hub_signature_fault(secret, headers.get(header, ""), body)


def _password(credentials: str) -> str:
    with suppress(ValueError):
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    return ""


def signature_fault(
    given: GrafanaSettings, headers: Mapping[str, str], body: bytes, now: datetime
) -> str:
    """Empty for a body that Grafana signed, within the replay window where it signs the time.

    Raises:
        ConfigInvalid: the secret can't be read.
    """
    secret = secret_text(given.secret, given.secret_file) or ""
    time = headers.get(given.timestamp_header, "") if given.timestamp_header else None
    signed = Signed(body, headers.get(given.signature_header, ""), time)
    return signed.fault(secret, now, given.replay_window)
