"""A GitHub App's tokens: minted for its installation, and renewed well before they end."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, Final

from bridge.errors import ConfigInvalid
from bridge.publish.github_api import api_of, options, translated
from bridge.secrecy import learn
from bridge.settings.state_repo import GitHubAppSettings, StateRepoSettings

if TYPE_CHECKING:
    from github.Auth import AppAuth

_MARGIN_S: Final = 600.0  # a token that is handed out lasts longer than any operation
_HINT: Final = "state_repo.github_app"


Ends = Callable[[float], None]
"""Gets the Unix time at which each token that is minted ends."""


def app_tokens(settings: StateRepoSettings, ends: Ends = lambda _: None) -> AppTokens | None:
    """Where the state repo is entered by an App."""
    if settings.github_app is None:
        return None
    return AppTokens(settings.github_app, settings, ends)


class AppTokens:
    """One token at a time, for git and for the API. Blocking; any thread may ask."""

    def __init__(
        self, settings: GitHubAppSettings, remote: StateRepoSettings, ends: Ends = lambda _: None
    ) -> None:
        self._ends = ends
        self._settings = settings
        self._remote = remote
        self._api = api_of(remote.url)
        self._lock = Lock()
        self._token = ""
        self._renewed_at = float("-inf")

    def token(self) -> str:
        """A token that is good for ten minutes at least.

        Raises:
            ConfigInvalid: the private key can't be used.
            RemoteRefused, RemoteUnavailable: see there.
        """
        with self._lock:
            if time.monotonic() >= self._renewed_at:
                self._mint()
            return self._token

    def forget(self) -> None:
        """The token was refused before its end: the next one is minted anew."""
        with self._lock:
            self._renewed_at = float("-inf")

    def _mint(self) -> None:
        """Its life is counted by the server's clock, and from then on by one that only goes on."""
        from github import GithubIntegration

        auth, asked_at = self._auth(), time.monotonic()
        with translated(self._api, _HINT, self._remote.proxy):
            integration = GithubIntegration(**options(self._api, auth, self._remote.ca_file))
            minted = integration.get_access_token(self._settings.installation_id)
            learn(minted.token)
            answered = parsedate_to_datetime(str(minted.raw_headers["date"]))
            lasts = (minted.expires_at - answered).total_seconds()
        self._token = minted.token
        self._ends(minted.expires_at.timestamp())
        self._renewed_at = asked_at + max(lasts - _MARGIN_S, 0.0)

    def _auth(self) -> AppAuth:
        from github.Auth import AppAuth
        from jwt import PyJWTError

        auth = AppAuth(self._settings.app_id, self._private_key())
        try:
            auth.create_jwt()
        except (PyJWTError, ValueError) as error:
            file = self._settings.private_key_file
            raise ConfigInvalid(f"{_HINT}.private_key_file: {file} holds no RSA key") from error
        return auth

    def _private_key(self) -> str:
        """Read for each token, since the file may rotate."""
        file = self._settings.private_key_file
        try:
            return file.read_text("ascii")
        except (OSError, ValueError) as error:
            raise ConfigInvalid(f"{_HINT}.private_key_file: {file} can't be read") from error
