"""Alertmanager's webhook body, version 4."""

from __future__ import annotations

from typing import Literal

from bridge.trigger.notification import Notification, parsed


class AlertmanagerNotification(Notification):
    """What Alertmanager posts."""

    version: Literal["4"]


def parse_alertmanager(body: bytes) -> Notification:
    """A webhook body.

    Raises:
        PayloadInvalid: what is wrong with it, for the sender's log.
    """
    what = "an Alertmanager webhook payload of version 4"
    return parsed(AlertmanagerNotification, body, what)
