"""Alertmanager's webhook body, version 4."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bridge.errors import PayloadInvalid


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # newer versions add fields


class Alert(_Part):
    """One alert of a notification."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]


class Notification(_Part):
    """A group of alerts, as far as waking policies needs it."""

    version: Literal["4"]
    status: Literal["firing", "resolved"]
    alerts: tuple[Alert, ...]


def parse_notification(body: bytes) -> Notification:
    """A webhook body.

    Raises:
        PayloadInvalid: what is wrong with it, for the sender's log.
    """
    try:
        return Notification.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PayloadInvalid(
            f"not an Alertmanager webhook payload of version 4: {place or 'body'}: {first['msg']}"
        ) from error
