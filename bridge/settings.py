"""The service's configuration: one YAML file, overridden by environment variables.

`SCALEBRIDGE_PROMETHEUS__URL` is `prometheus.url` of the file, and so on for every field.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic import model_validator as checked
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from bridge.documents import Document, DocumentInvalid, load_document
from bridge.errors import ConfigInvalid
from bridge.units import Duration

ENVIRONMENT_PREFIX = "SCALEBRIDGE_"


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    if parts.password or (parts.username and parts.scheme in ("http", "https")):
        raise ValueError("a URL may not hold credentials: use username and password_file")
    return url


def _http(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ValueError("expected an http:// or https:// URL")
    _ = urlsplit(url).port  # raises where it is no port
    return _without_credentials(url).rstrip("/")


def _existing_file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"no such file: {path}")
    return path


def _inside_repo(path: str) -> str:
    parts = Path(path).parts
    if path.startswith("/") or ".." in parts:
        raise ValueError(f"{path!r} must be a path inside the state repo, without '..'")
    return "/".join(parts)


Url = Annotated[str, AfterValidator(_without_credentials)]
HttpUrl = Annotated[str, AfterValidator(_http)]
SecretFile = Annotated[Path, AfterValidator(_existing_file)]
RepoName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
RepoPath = Annotated[str, AfterValidator(_inside_repo)]


class Section(BaseModel):
    """A part of the file: unknown keys are errors, values don't change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def secret_text(value: SecretStr | None, file: Path | None) -> str | None:
    """A secret as given, or as its file holds it now (files may rotate); None if neither.

    Raises:
        ConfigInvalid: the file can't be read, or does not hold one line.
    """
    if file is None:
        return value.get_secret_value() if value else None
    try:
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"secret file {file} can't be read: {error}") from error
    if not text.isprintable() or not text:
        raise ConfigInvalid(f"secret file {file} does not hold one line of text")
    return text


class PrometheusSettings(Section):
    """Where metrics are asked for: Prometheus, or whatever speaks its query API."""

    url: HttpUrl = Field(description="base URL, e.g. http://prometheus.monitoring:9090")
    username: str | None = None
    password: SecretStr | None = None
    password_file: SecretFile | None = None
    bearer_token: SecretStr | None = None
    bearer_token_file: SecretFile | None = None
    timeout: Duration = Field(10.0, gt=0, description="for one query")
    concurrency: int = Field(8, ge=1, le=64, description="queries asked at once")


class AlertmanagerSettings(Section):
    """Where firing alerts are asked for instead of Prometheus' ALERTS series."""

    url: HttpUrl = Field(
        description="base URL of its API v2, e.g. http://alertmanager.monitoring:9093; "
        "Grafana's own: https://grafana.example.com/api/alertmanager/grafana"
    )
    username: str | None = None
    password: SecretStr | None = None
    password_file: SecretFile | None = None
    bearer_token: SecretStr | None = None
    bearer_token_file: SecretFile | None = None
    timeout: Duration = Field(10.0, gt=0)


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
    proxy: HttpUrl | None = Field(
        None, description="for HTTP(S); without it HTTPS_PROXY, http_proxy and NO_PROXY are obeyed"
    )
    search_paths: tuple[RepoPath, ...] = Field(
        (".",), min_length=1, description="folders whose manifests may be changed"
    )
    policies_path: RepoPath = Field("policies", description="folder of the policies in the repo")
    policies_folder: Path | None = Field(None, description="a local folder of policies instead")
    poll_interval: Duration = Field(10.0, description="the branch is looked at no more often")
    timeout: Duration = Field(60.0, gt=0, description="for one Git operation over the network")
    mirror: Path | None = Field(None, description="where the bare mirror lies (a mere cache)")

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


class SigningSettings(Section):
    """What commits are signed with: a key, or GitHub's own, which then makes the commits."""

    format: Literal["ssh", "openpgp", "github"] = Field(
        description="as git's own gpg.format names them; github: they show as Verified there"
    )
    key_file: SecretFile | None = Field(
        None, description="the private key; armored or binary for openpgp"
    )
    passphrase_file: SecretFile | None = Field(None, description="where the key has one")

    @checked(mode="after")
    def _whose_key(self) -> Self:
        if self.format == "github" and (self.key_file or self.passphrase_file):
            raise ValueError("format github signs with GitHub's key: remove key_file")
        if self.format != "github" and not self.key_file:
            raise ValueError(f"format {self.format} needs a key_file")
        return self


class CommitSettings(Section):
    """Who the commits are by."""

    name: str = Field("scalebridge", min_length=1, pattern=r"^[^<>\n\x00]+$")
    email: str = Field("scalebridge@localhost", pattern=r"^[^<>\s\x00]+$")
    signing: SigningSettings | None = Field(None, description="default: commits are not signed")


class PublishSettings(Section):
    """Straight to the branch, or by pull requests that people merge."""

    mode: Literal["branch", "pull_request"] = Field(
        "branch", description="for policies without an approval of their own"
    )
    if_protected: Literal["refuse", "pull_request"] = Field(
        "refuse", description="what a branch that takes no pushes leads to"
    )
    forge: Literal["github", "gitlab"] | None = Field(
        None, description="where pull requests are opened; needed wherever one is asked for"
    )
    token: SecretStr | None = Field(None, description="default: the state repo's own password")
    token_file: SecretFile | None = None
    branch_prefix: str = Field(
        "scalebridge", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="of our own branches"
    )
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    team_reviewers: tuple[str, ...] = ()
    auto_merge: Literal["merge", "squash", "rebase"] | None = Field(
        None, description="let the forge merge once its own conditions are met"
    )
    poll_interval: Duration = Field(30.0, gt=0, description="open ones are looked at so often")

    @checked(mode="after")
    def _somewhere(self) -> Self:
        if self.forge is None and "pull_request" in (self.mode, self.if_protected):
            raise ValueError("pull requests need forge: github or gitlab")
        return self


class Window(Section):
    """A debounce: commit after `quiet_period` without news, at the latest after `max_wait`."""

    quiet_period: Duration
    max_wait: Duration

    @checked(mode="after")
    def _ordered(self) -> Self:
        if self.max_wait < self.quiet_period:
            raise ValueError("max_wait must not be shorter than quiet_period")
        return self


class BatchSettings(Window):
    """How long decisions are gathered before they become one commit."""

    quiet_period: Duration = 10.0
    max_wait: Duration = 30.0
    scale_up: Window = Field(
        Window(quiet_period=1.0, max_wait=5.0), description="for batches that hold a scale-up"
    )
    max_commits_per_hour: int | None = Field(
        None, ge=1, description="scale-downs wait for it; scale-ups may make half as many more"
    )


class GrafanaSettings(Section):
    """The HMAC signature that Grafana's webhook contact point adds."""

    secret: SecretStr | None = None
    secret_file: SecretFile | None = None
    signature_header: str = Field("X-Grafana-Alerting-Signature", min_length=1)
    timestamp_header: str | None = Field(
        None, min_length=1, description="as in the contact point: the time is signed as well"
    )
    replay_window: Duration = Field(300.0, gt=0, description="how far from now that time may be")

    @checked(mode="after")
    def _has_a_secret(self) -> Self:
        if not (self.secret or self.secret_file):
            raise ValueError("needs secret_file (or secret)")
        return self


class TlsSettings(Section):
    """HTTPS instead of HTTP, read at the start."""

    cert_file: SecretFile = Field(description="PEM, with the chain")
    key_file: SecretFile
    client_ca_file: SecretFile | None = Field(
        None, description="only clients with a certificate of these authorities (mTLS)"
    )


class ServerSettings(Section):
    """Webhooks in, status, health and metrics out."""

    listen: str = Field("127.0.0.1:8080", pattern=r"^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$")
    webhook_token: SecretStr | None = None
    webhook_token_file: SecretFile | None = Field(
        None, description="sent as `Bearer` token, or as the password of basic auth"
    )
    grafana: GrafanaSettings | None = Field(
        None, description="default: Grafana sends the webhook token, too"
    )
    tls: TlsSettings | None = None
    allow_unauthenticated: bool = Field(
        False, description="listen off loopback without a token (something else keeps others out)"
    )
    max_body: int = Field(1_048_576, ge=1024, description="bytes of a webhook body")
    max_connections: int = Field(1_000, ge=1, description="open at once; more are closed")
    read_timeout: Duration = Field(10.0, gt=0, description="for the body of a request")
    idle_timeout: Duration = Field(
        30.0, gt=0, description="for the headers of a request, or for the next one"
    )
    rate_limit: int = Field(
        1_000, ge=0, description="webhooks per second from one address, above it 503; 0: no limit"
    )
    queue: int = Field(10_000, ge=1, description="alerts waiting; a full queue answers 503")
    hung_after: Duration = Field(
        600.0, gt=0, description="a look, round or publish that takes longer fails /healthz"
    )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to bind."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def _is_authenticated(self) -> bool:
        mutual = self.tls is not None and self.tls.client_ca_file is not None
        return mutual or bool(self.webhook_token or self.webhook_token_file)

    @checked(mode="after")
    def _authenticated(self) -> Self:
        host, port = self.address
        if port > 65535:
            raise ValueError(f"listen: no such port: {port}")
        loopback = host == "localhost" or host.startswith("127.") or host == "::1"
        if not (loopback or self._is_authenticated or self.allow_unauthenticated):
            raise ValueError(
                f"listening on {host} needs webhook_token_file (or webhook_token, or "
                "tls.client_ca_file)"
            )
        return self


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


class LogSettings(Section):
    """How the service speaks to its operator."""

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(BaseSettings):
    """scalebridge's configuration."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        title="scalebridge configuration",
    )

    prometheus: PrometheusSettings
    alertmanager: AlertmanagerSettings | None = Field(
        None, description="default: alerts are read from the ALERTS series of prometheus"
    )
    state_repo: StateRepoSettings
    state_repos: dict[RepoName, StateRepoSettings] = Field(
        {}, description="by name, instead of state_repo; each has its own policies and commits"
    )
    commit: CommitSettings = CommitSettings()
    publish: PublishSettings = PublishSettings()
    batch: BatchSettings = BatchSettings()
    server: ServerSettings = ServerSettings()
    reconcilers: tuple[ReconcilerSettings, ...] = ()
    log: LogSettings = LogSettings()

    @checked(mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        """Of several, each gets its name, and the first stands in as `state_repo`."""
        several = given.get("state_repos") if isinstance(given, dict) else None
        if not several or not isinstance(several, dict):
            return given
        if "state_repo" in given:
            raise ValueError("state_repo and state_repos: give one of them")
        named = {
            name: {**repo, "name": name} if isinstance(repo, dict) else repo
            for name, repo in several.items()
        }
        return {**given, "state_repos": named, "state_repo": next(iter(named.values()))}

    @checked(mode="after")
    def _one_writer_each(self) -> Self:
        branches = [(repo.url, repo.branch) for repo in self.state_repos.values()]
        if len(set(branches)) < len(branches):
            raise ValueError("state_repos: two of them are the same branch of the same repo")
        return self

    def each(self) -> list[Self]:
        """The configuration of each state repo by itself."""
        if not self.state_repos:
            return [self]
        return [self.alone(name) for name in self.state_repos]

    def alone(self, name: str) -> Self:
        """The configuration with one of the state repos.

        Raises:
            ConfigInvalid: none has this name.
        """
        if name not in self.state_repos:
            known = ", ".join(self.state_repos) or "state_repos has none"
            raise ConfigInvalid(f"--repo {name}: no such state repo: {known}")
        chosen = {"state_repo": self.state_repos[name], "state_repos": {}}
        return self.model_copy(update=chosen)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # its signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # its signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # its signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file (which arrives as `init_settings`)."""
        return env_settings, init_settings


def load_settings(path: Path | None) -> Settings:
    """The configuration in `path` (None: the environment alone).

    Raises:
        ConfigInvalid: one line per finding, as `file:line: field: what was expected`.
    """
    _refuse_unknown_sections()
    document = _read(path) if path else Document("environment", {}, {})
    if not isinstance(document.data, dict | None):
        raise ConfigInvalid(f"{document.name}:1: expected a mapping of sections")
    sections = _anchored(document.data or {}, path.parent if path else Path.cwd())
    try:
        return Settings(**sections)
    except ValidationError as error:
        raise ConfigInvalid(document.complaints(error, Settings, _environment_places())) from error
    except SettingsError as error:
        raise ConfigInvalid(f"environment: {error}") from error


def _read(path: Path) -> Document:
    try:
        return load_document(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigInvalid(f"{path}: can't be read: {error.strerror}") from error
    except DocumentInvalid as error:
        raise ConfigInvalid(str(error)) from error


def _refuse_unknown_sections() -> None:
    for place, name in _environment_places().items():
        if len(place) > 1 and place[0] not in Settings.model_fields:
            raise ConfigInvalid(f"{name}: there is no section {place[0]!r}")


def _environment_places() -> dict[tuple[str | int, ...], str]:
    """The fields that the environment sets, with the variable's name for error messages."""
    return {
        tuple(name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")): f"${name}"
        for name in os.environ
        if name.startswith(ENVIRONMENT_PREFIX)
    }


def _anchored(sections: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Relative paths count from the configuration file, wherever the service is started."""

    def anchor(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {below: anchor(below, item) for below, item in value.items()}
        if isinstance(value, list):
            return [anchor(key, item) for item in value]
        is_path = str(key).endswith("_file") or key in ("mirror", "policies_folder")
        if isinstance(value, str) and (is_path or (key == "url" and _is_local_path(value))):
            return str((folder / _without_tilde(value)).resolve())
        return value

    return {str(key): anchor(str(key), value) for key, value in sections.items()}


def _without_tilde(path: str) -> Path:
    with suppress(RuntimeError):  # no such user: a name like any other
        return Path(path).expanduser()
    return Path(path)


def _is_local_path(url: str) -> bool:
    """git's own rule: no scheme, and no colon before the first slash (that is `host:path`)."""
    return "://" not in url and ":" not in url.partition("/")[0]
