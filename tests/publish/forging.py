"""Pull requests of ours on the fake GitHub, settled as a fresh process would."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bridge.decide.decision import Decision
from bridge.policy.model import ScalingPolicy
from bridge.publish.case import Orders, Proposal, Wanted
from bridge.publish.drafting import Drafts
from bridge.publish.github import GitHub as Forge
from bridge.publish.github import GitHubApi
from bridge.publish.github_commit import GitHubWriter
from bridge.publish.pull_request import PullRequests
from bridge.publish.writing import GitWriter
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo as Tip
from bridge.settings.publish import PublishSettings
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.github import GitHub
from tests.publish.conftest import POLICIES, decision
from tests.repo.ways import BRIDGE

BRANCH = "scalebridge/main/scaling"
UP = decision("checkout", 3, 40)
DOWN = decision("search", 3, 1)


class Bot:
    """Settles with a mirror of its own each time; `rest` is how long it leaves one alone."""

    def __init__(self, hub: GitHub, folder: Path) -> None:
        self.hub = hub
        self.settings = StateRepoSettings(
            url=hub.url_of(hub.repo.path),
            password=SecretStr(hub.password),
            mirror=folder / "mirror.git",
        )
        self.publish = PublishSettings(forge="github")
        self.policies: dict[str, ScalingPolicy] = dict(POLICIES)
        self.made_by: dict[str, ScalingPolicy] = dict(POLICIES)
        self.paths: dict[str, str] = {name: f"policies/{name}.yaml" for name in POLICIES}
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.rest = timedelta(0)
        self.by_api = False

    def asked(self, **publish: Any) -> None:
        """The section of the configuration."""
        self.publish = PublishSettings(forge="github", **publish)

    async def settle(
        self, *decisions: Decision, known: Iterable[str] = ("checkout", "search")
    ) -> list[Proposal]:
        """All in one group; the policies that are known and not among them ask for nothing."""
        wanted = Wanted({"scaling": decisions}, {name: self.made_by[name] for name in known})
        async with self.opened() as requests:
            proposals = await requests.settle(wanted)
        for failed in proposals:
            if failed.error:
                raise failed.error
        return proposals

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[PullRequests]:
        """A process that has just started."""
        async with Tip(self.settings) as repo:
            api = GitHubApi(self.settings, lambda: self.hub.password)
            writer = GitHubWriter(api, "main") if self.by_api else GitWriter(repo)
            writing = Drafts(repo, BRIDGE, self.clock), writer
            forge = Forge(api, "main", self.publish)
            requests = PullRequests(repo, forge, writing, self._orders, "scalebridge")
            requests.rest = self.rest
            yield requests

    async def _orders(self, _: Snapshot) -> Orders:
        return Orders(self.policies, self.paths)


def events(proposals: Iterable[Proposal]) -> list[str]:
    """In one word each."""
    return [one.event for one in proposals]


def counts(proposals: Iterable[Proposal]) -> Mapping[str, int]:
    """What is proposed."""
    return {d.policy: d.desired for one in proposals for d in one.decisions}
