"""How a monitoring system's API is reached: where it is, and what is shown at its door."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr

from bridge.settings.fields import HttpUrl, SecretFile, Section
from bridge.settings.secret import basic, secret_text

_NAMED_ELSEWHERE: Final = ("authorization", "host", "content-length", "cookie")


def _plain(headers: dict[str, str]) -> dict[str, str]:
    """Not what other fields send, nor what begins a header of its own."""
    for name, value in headers.items():
        if name.lower() in _NAMED_ELSEWHERE:
            raise ValueError(f"{name} is not set here: see bearer_token_file, or username")
        if not (name and name.replace("-", "").isalnum() and name.isascii()):
            raise ValueError(f"{name!r} is no name of a header")
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"{name}: expected printable ASCII, without line breaks")
    return headers


class Access(Section):
    """An HTTP API, open or behind a bearer token or basic auth."""

    url: HttpUrl
    username: str | None = None
    password: SecretStr | None = None
    password_file: SecretFile | None = None
    bearer_token: SecretStr | None = None
    bearer_token_file: SecretFile | None = None
    headers: Annotated[dict[str, str], AfterValidator(_plain)] = Field(
        {}, description="sent along, e.g. X-Scope-OrgID for a tenant of Mimir; no secrets"
    )

    def authorization(self) -> str | None:
        """The header of that name, by the secrets as they are now; None without any.

        Raises:
            ConfigInvalid: see `secret_text`.
        """
        if token := secret_text(self.bearer_token, self.bearer_token_file):
            return f"Bearer {token}"
        if self.username and (word := secret_text(self.password, self.password_file)):
            return f"Basic {basic(self.username, word)}"
        return None
