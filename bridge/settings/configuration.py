"""The configuration as a whole, and that of one state repo among several."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field
from pydantic import model_validator as checked
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bridge.errors import ConfigInvalid
from bridge.settings.alertmanager import AlertmanagerSettings
from bridge.settings.batch import BatchSettings
from bridge.settings.commit import CommitSettings
from bridge.settings.confirm import ConfirmSettings
from bridge.settings.fields import RepoName
from bridge.settings.log import LogSettings
from bridge.settings.prometheus import PrometheusSettings
from bridge.settings.publish import PublishSettings
from bridge.settings.reconcilers import ReconcilerSettings
from bridge.settings.server import ServerSettings
from bridge.settings.state_repo import StateRepoSettings

ENVIRONMENT_PREFIX = "SCALEBRIDGE_"


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
    confirm: ConfirmSettings = ConfirmSettings()
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

    @checked(mode="after")
    def _reconcilers_apart(self) -> Self:
        names = [reconciler.name for reconciler in self.reconcilers]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"reconcilers: two are named {', '.join(sorted(twice))}")
        for reconciler in self.reconcilers:
            if unknown := [name for name in reconciler.repos if name not in self.state_repos]:
                known = ", ".join(self.state_repos) or "state_repos has none"
                where = f"reconcilers: {reconciler.name}: repos"
                raise ValueError(f"{where}: no such state repo: {unknown[0]}; there are: {known}")
        return self

    @checked(mode="after")
    def _statuses_of_github(self) -> Self:
        if self.confirm.commit_status and self.publish.forge == "gitlab":
            raise ValueError("confirm.commit_status: only GitHub's are read, not GitLab's")
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
        chosen = {
            "state_repo": self.state_repos[name],
            "state_repos": {},
            "reconcilers": tuple(r for r in self.reconcilers if name in (r.repos or (name,))),
        }
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
