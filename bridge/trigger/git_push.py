"""A Git host's word that a branch moved, as GitHub, Gitea and Forgejo send it."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from bridge.trigger.notification import parsed

PUSH_SIGNATURE: Final = "X-Hub-Signature-256"
PUSH_EVENT: Final = "X-GitHub-Event"


class PushEvent(BaseModel):
    """Which ref moved; where to is asked of the remote itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ref: str = Field(max_length=1_000)


def parse_push(body: bytes) -> PushEvent:
    """A push event's body.

    Raises:
        PayloadInvalid: what is wrong with it, for the sender's log.
    """
    return parsed(PushEvent, body, "a push event")
