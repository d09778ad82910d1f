"""Grafana's webhook contact point: its body, version 1, and its HMAC signature.

Source: grafana/alerting receivers/webhook/v1 and http/hmac.go.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge.trigger.notification import Notification, parsed

_TIME = re.compile(r"[0-9]{1,12}")


class GrafanaNotification(Notification):
    """What Grafana posts."""

    version: Literal["1"]


def parse_grafana(body: bytes) -> Notification:
    """A webhook body.

    Raises:
        PayloadInvalid: what is wrong with it, for the sender's log.
    """
    return parsed(GrafanaNotification, body, "a Grafana webhook payload of version 1")


@dataclass(frozen=True, slots=True)
class Signed:
    """A body with its signature, and the Unix time that was signed with it, if it has to be."""

    body: bytes
    signature: str
    time: str | None = None

    def fault(self, secret: str, now: datetime, window: float) -> str:
        """Why it is not to be believed; empty where it is. Compares in constant time."""
        time = "" if self.time is None else f"{self.time}:"
        signed = time.encode(errors="surrogateescape") + self.body
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        given = self.signature.strip().lower().encode(errors="surrogateescape")
        if not hmac.compare_digest(given, expected.encode()):
            return "signature missing or wrong"
        if self.time is None:
            return ""
        if not _TIME.fullmatch(self.time) or abs(now.timestamp() - int(self.time)) > window:
            return f"signed at another time: more than {window:g} s from now"
        return ""
