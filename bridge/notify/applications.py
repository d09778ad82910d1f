"""Which Argo CD applications a push concerns."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from bridge.notify.application_status import ApplicationStatus
from bridge.notify.notice import Notice
from bridge.notify.push_event import browser_url
from bridge.trigger.argocd import Standing

_GENERATED_FROM = "argocd.argoproj.io/manifest-generate-paths"


class _Source(BaseModel):
    repo_url: str = Field("", alias="repoURL")
    path: str = ""
    target_revision: str = Field("", alias="targetRevision")

    def follows(self, notice: Notice) -> bool:
        """Whether it is the branch that was pushed to; HEAD is taken for it, as by the webhook."""
        revision = self.target_revision.removeprefix("refs/heads/")
        ours = same_repo(self.repo_url, notice.repo_url)
        return ours and revision in ("", "HEAD", notice.branch)


class _Metadata(BaseModel):
    name: str
    namespace: str = ""
    annotations: dict[str, str] | None = None


class _Automated(BaseModel):
    enabled: bool | None = None


class _SyncPolicy(BaseModel):
    automated: _Automated | None = None
    retry: dict[str, Any] | None = None


class _Spec(BaseModel):
    project: str = ""
    source: _Source | None = None
    sources: list[_Source] | None = None
    sync_policy: _SyncPolicy | None = Field(None, alias="syncPolicy")


class Application(BaseModel):
    """As Argo CD's API lists it."""

    metadata: _Metadata
    spec: _Spec = _Spec()
    status: ApplicationStatus = ApplicationStatus()

    @property
    def name(self) -> str:
        """With its namespace, where the API told one."""
        return "/".join(filter(None, (self.metadata.namespace, self.metadata.name)))

    @property
    def syncs_itself(self) -> bool:
        """Whether it is synced as soon as it is out of sync."""
        policy = self.spec.sync_policy
        automated = policy.automated if policy else None
        return automated is not None and automated.enabled is not False

    def standing(self, notice: Notice) -> Standing:
        """Where it stands, by the source that is our state repo."""
        place = next((i for i, one in enumerate(self._sources) if one.follows(notice)), 0)
        retries = bool(self.spec.sync_policy and self.spec.sync_policy.retry)
        return self.status.standing(f"application {self.name}", place, retries=retries)

    @property
    def _sources(self) -> list[_Source]:
        return self.spec.sources or ([self.spec.source] if self.spec.source else [])

    @property
    def has_several_sources(self) -> bool:
        """Whether its revisions are a list."""
        return bool(self.spec.sources)

    def folders(self, notice: Notice) -> list[str]:
        """What its manifests are made of, among what was pushed; empty: nothing of it."""
        sources = [one for one in self._sources if one.follows(notice)]
        return [
            posixpath.normpath(posixpath.join("/", source.path, path.strip())).strip("/")
            for source in sources
            for path in self._generated_from or ["."]
        ]

    @property
    def _generated_from(self) -> list[str]:
        given = (self.metadata.annotations or {}).get(_GENERATED_FROM, "")
        return [path for path in given.split(";") if path.strip()]

    @property
    def says_all(self) -> bool:
        """Whether it lists every folder that its manifests are made of."""
        return bool(self._generated_from)


class Applications(BaseModel):
    """The list; without any, Argo CD's `items` is null."""

    items: list[Application] | None = None


def affected(listed: Sequence[Application], notice: Notice) -> list[Application]:
    """Those with a changed file in one of their folders.

    A file in nobody's folder may be anybody's (a kustomize base): then also all that deploy from
    the branch and don't say what they are generated from.
    """
    ours = [(one, folders) for one in listed if (folders := one.folders(notice))]
    files = notice.push.files
    strays = [file for file in files if not any(_holds(folders, file) for _, folders in ours)]
    return [
        one
        for one, folders in ours
        if any(_holds(folders, file) for file in files) or (strays and not one.says_all)
    ]


def _holds(folders: Sequence[str], file: str) -> bool:
    return any(
        not folder or f"{file}/".startswith(f"{folder}/") or fnmatchcase(file, folder)
        for folder in folders
    )


def same_repo(url: str, other: str) -> bool:
    """Whether two URLs mean one repo, however they are written; what is no URL means none."""
    try:
        return _place(url) == _place(other)
    except ValueError:  # such as an IPv6 address that nobody closed
        return False


def _place(repo_url: str) -> str:
    """A repo however it is written: without scheme, user, port, case and `.git`."""
    url = urlsplit(browser_url(repo_url.rstrip("/")))
    return f"{url.hostname or ''}{url.path}".casefold()
