"""A Git host's word that a branch moved, as GitHub, Gitea and Forgejo send it: signed."""

from __future__ import annotations

import hashlib
import hmac

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.errors import PayloadInvalid

SIGNATURE_HEADER = "X-Hub-Signature-256"
EVENT_HEADER = "X-GitHub-Event"


class PushEvent(BaseModel):
    """Which ref moved; where to is asked of the remote itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ref: str = Field(max_length=1_000)


def parse_push(body: bytes) -> PushEvent:
    """A push event's body.

    Raises:
        PayloadInvalid: what is wrong with it, for the sender's log.
    """
    try:
        return PushEvent.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PayloadInvalid(f"not a push event: {place or 'body'}: {first['msg']}") from error


def signed_fault(secret: str, signature: str, body: bytes) -> str:
    """Empty where the body was signed with the secret; in constant time.

    Source: docs.github.com, "Validating webhook deliveries".
    """
    expected = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    given = signature.strip().encode(errors="surrogateescape")
    known = hmac.compare_digest(given, expected.encode())
    return "" if known else f"{SIGNATURE_HEADER} missing or wrong"
