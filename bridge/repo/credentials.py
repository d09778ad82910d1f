"""How we prove to the remote who we are: by environment, never by URL or argument."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from bridge.settings.secret import basic, secret_text
from bridge.settings.state_repo import StateRepoSettings

_APP_USER: Final = "x-access-token"


class Tokens(Protocol):
    """Short-lived passwords, such as those of a GitHub App. Blocking."""

    def token(self) -> str:
        """One that is good now and for a while.

        Raises:
            ConfigInvalid, RemoteRefused, RemoteUnavailable: see there.
        """

    def forget(self) -> None:
        """The last one was refused."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one git process gets: variables, and configuration passed by variables."""

    environment: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict, repr=False)


def credentials(settings: StateRepoSettings, tokens: Tokens | None = None) -> Credentials:
    """For the state repo's remote. Secret files are read anew each time, since they may rotate.

    Raises:
        ConfigInvalid: a secret file can't be read.
        RemoteRefused, RemoteUnavailable: there is no token.
    """
    if urlsplit(settings.url).scheme not in ("http", "https"):
        return Credentials(environment={"GIT_SSH_COMMAND": _ssh_command(settings)})
    if tokens is not None:
        return Credentials(config=_basic_auth(settings.url, _APP_USER, tokens.token()))
    password = secret_text(settings.password, settings.password_file)
    return Credentials(config=_basic_auth(settings.url, settings.username, password))


def _basic_auth(remote: str, username: str, password: str | None) -> Mapping[str, str]:
    """Sent with the first request, which saves the round trip of a 401."""
    if password is None:
        return {}
    token = basic(username, password)
    url = urlsplit(remote)
    scope = f"{url.scheme}://{url.netloc.rpartition('@')[2]}/"
    return {
        f"http.{scope}.extraHeader": f"Authorization: Basic {token}",
        "http.followRedirects": "false",  # git would send the header wherever it is led
    }


def _ssh_command(settings: StateRepoSettings) -> str:
    options = ["BatchMode=yes", "ConnectTimeout=10"]
    if settings.known_hosts_file:
        hosts = _quoted(settings.known_hosts_file)
        options += [f"UserKnownHostsFile={hosts}", "StrictHostKeyChecking=yes"]
    if settings.ssh_key_file:
        options += ["IdentitiesOnly=yes", f"IdentityFile={_quoted(settings.ssh_key_file)}"]
    flags = [word for option in options for word in ("-o", option)]
    return shlex.join(["ssh", "-F", "none", *flags])


def _quoted(path: Path) -> str:
    """As ssh reads its options: it splits at spaces, and expands what follows a percent sign."""
    escaped = re.sub(r'(["\\])', r"\\\1", str(path)).replace("%", "%%")
    return f'"{escaped}"'
