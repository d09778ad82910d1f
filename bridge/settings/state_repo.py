"""The sections `state_repo` and `state_repos`."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic import model_validator as checked

from bridge.settings.fields import ProxyUrl, RepoPath, SecretFile, Section, Url
from bridge.units import Duration


class GitHubAppSettings(Section):
    """An installed GitHub App, whose tokens serve as the password."""

    app_id: int = Field(ge=1)
    installation_id: int = Field(ge=1, description="the number in the installation's URL")
    private_key_file: SecretFile = Field(description="PEM, as GitHub generates it")


class StateRepoSettings(Section):
    """The Git repository that says how many replicas run."""

    name: str = Field("", description="in logs, metrics and status; state_repos sets it")
    url: Url = Field(description="https://…, ssh://…, git@host:path, file://… or a path")
    branch: str = Field("main", min_length=1, pattern=r"^[^-\s~^:?*\[\\][^\s~^:?*\[\\]*$")
    username: str = Field("git", description="with password or password_file, over HTTP")
    password: SecretStr | None = Field(None, description="password or access token")
    password_file: SecretFile | None = None
    github_app: GitHubAppSettings | None = Field(None, description="instead of a password")
    ssh_key_file: SecretFile | None = None
    known_hosts_file: SecretFile | None = None
    ca_file: SecretFile | None = Field(
        None, description="PEM file of the authorities trusted over HTTPS, instead of the system's"
    )
    proxy: ProxyUrl | None = Field(
        None,
        description="for HTTP(S), also of GitHub's API; without it HTTPS_PROXY, http_proxy and "
        "NO_PROXY are obeyed",
    )
    search_paths: tuple[RepoPath, ...] = Field(
        (".",), min_length=1, description="folders whose manifests may be changed"
    )
    policies_path: RepoPath = Field("policies", description="folder of the policies in the repo")
    policies_folder: Path | None = Field(None, description="a local folder of policies instead")
    poll_interval: Duration = Field(10.0, description="the branch is looked at no more often")
    timeout: Duration = Field(60.0, gt=0, description="for one Git operation over the network")
    mirror: Path | None = Field(None, description="where the bare mirror lies (a mere cache)")

    def searched(self, path: str) -> bool:
        """Whether a file's path in the repo is below `search_paths`."""
        roots = (PurePosixPath(root) for root in self.search_paths)
        return any(PurePosixPath(path).is_relative_to(root) for root in roots)

    @checked(mode="after")
    def _by_http(self) -> Self:
        given = [name for name in ("ca_file", "proxy") if getattr(self, name) is not None]
        if given and urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError(f"{', '.join(given)}: the remote is not an http(s) URL")
        return self

    @checked(mode="after")
    def _one_way_in(self) -> Self:
        if not self.github_app:
            return self
        if self.password or self.password_file:
            raise ValueError("github_app stands in for password and password_file: give one")
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError("github_app needs an https:// URL")
        return self
