"""The section `reconcilers`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from bridge.settings.fields import HttpUrl, SecretFile, Section
from bridge.units import Duration


class ReconcilerSettings(Section):
    """A deployer that is told of each push."""

    name: str = Field(min_length=1)
    type: Literal["flux", "argocd"] = Field(
        description="flux: a Receiver of type generic, or generic-hmac where a token is given; "
        "argocd: the webhook endpoint, as a GitHub push event"
    )
    url: HttpUrl
    token: SecretStr | None = None
    token_file: SecretFile | None = Field(None, description="the key of the HMAC signature")
    timeout: Duration = Field(10.0, gt=0)
