"""How a monitoring system's API is reached: where it is, and what is shown at its door."""

from __future__ import annotations

from pydantic import SecretStr

from bridge.settings.fields import HttpUrl, SecretFile, Section
from bridge.settings.secret import basic, secret_text


class Access(Section):
    """An HTTP API, open or behind a bearer token or basic auth."""

    url: HttpUrl
    username: str | None = None
    password: SecretStr | None = None
    password_file: SecretFile | None = None
    bearer_token: SecretStr | None = None
    bearer_token_file: SecretFile | None = None

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
