"""A person's order that comes between decision and publishing, whoever makes the commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from bridge.decide.decision import Decision
from bridge.evaluate.prometheus import Prometheus
from bridge.policy.model import ScalingPolicy
from bridge.publish.case import Wanted
from bridge.publish.pull_request import PullRequests
from bridge.service.opening import Opening, Publishers
from bridge.service.rounds import Rounds
from bridge.settings.commit import CommitSettings, SigningSettings
from bridge.settings.configuration import Settings
from bridge.settings.prometheus import PrometheusSettings
from bridge.settings.publish import PublishSettings
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.github import GitHub
from tests.parts.person import Person
from tests.parts.state_repo import StateRepo
from tests.service.passes import Passes
from tests.service.test_orders import scaled

BRANCH = "scalebridge/main/scaling"


@dataclass
class Scaler:
    """A process of ours before its publishing; `made` is what it decided."""

    rounds: Rounds
    publishers: Publishers
    policies: dict[str, ScalingPolicy]
    made: Sequence[Decision]

    @property
    def requests(self) -> PullRequests:
        """Those that it settles."""
        assert self.publishers.pull_requests
        return self.publishers.pull_requests

    @property
    def wanted(self) -> Wanted:
        """All that it decided, to be approved."""
        return Wanted({"scaling": self.made}, self.policies)


@pytest.fixture(params=["git", "github"])
async def scaler(
    passes: Passes, shop: StateRepo, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Scaler]:
    """Both counts are to go from 3 to 7; its commits are made by git, or by GitHub itself."""
    async with AsyncExitStack() as open_:
        hub = open_.enter_context(GitHub(shop))
        url, mirror = hub.url_of(shop.path), tmp_path / "mirror.git"
        source = PrometheusSettings(url=passes.prometheus.url)
        signing = SigningSettings(format="github") if request.param == "github" else None
        settings = Settings(
            prometheus=source,
            state_repo=StateRepoSettings(url=url, password=SecretStr(hub.password), mirror=mirror),
            publish=PublishSettings(forge="github"),
            commit=CommitSettings(signing=signing),
        )
        opening = Opening(settings, lambda: datetime.now(UTC))
        repo = await open_.enter_async_context(opening.state_repo())
        rounds = opening.rounds(repo, await open_.enter_async_context(Prometheus(source)))
        view = await rounds.look()
        made = [one.decision for one in await rounds.decide(view) if one.decision]
        assert [decision.desired for decision in made] == [7, 7]
        policies = dict(view.places.governing)
        yield Scaler(rounds, opening.publishers(repo, rounds), policies, made)
    assert hub.misunderstood == []


def branches(repo: StateRepo) -> list[str]:
    """All that the remote has."""
    return repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads").decode().split()


async def taken_back(passes: Passes, robin: Person) -> str:
    """A rival scaled both, and a person took it back: the counts are as they were decided on."""
    passes.load(checkout=900, search=900)
    batch = await scaled(passes, robin)
    robin.git("revert", "--no-edit", batch)
    return robin.push()


async def test_the_branch_gets_nothing(
    passes: Passes, robin: Person, shop: StateRepo, scaler: Scaler
) -> None:
    tip = await taken_back(passes, robin)
    await scaler.rounds.look()
    published = await scaler.publishers.branch.publish(scaler.made, scaler.policies)
    assert (published.push, shop.tip()) == (None, tip)
    assert all("Robin set it in" in dropped.why for dropped in published.dropped)


async def test_no_pull_request_proposes_against_it(
    passes: Passes, robin: Person, shop: StateRepo, scaler: Scaler
) -> None:
    await taken_back(passes, robin)
    assert await scaler.requests.settle(scaler.wanted) == []
    assert branches(shop) == ["main"]


async def test_a_pull_request_that_is_open_is_closed(
    passes: Passes, robin: Person, shop: StateRepo, scaler: Scaler
) -> None:
    scaler.requests.rest *= 0
    [opened] = await scaler.requests.settle(scaler.wanted)
    assert (opened.event, len(opened.decisions)) == ("opened", 2)
    await taken_back(passes, robin)
    [closed] = await scaler.requests.settle(scaler.wanted)
    assert (closed.event, closed.error) == ("closed", None)
    assert branches(shop) == ["main"]


async def test_only_what_was_ordered_is_taken_out(
    robin: Person, shop: StateRepo, scaler: Scaler
) -> None:
    robin.replace("apps/checkout.yaml", "replicas: 3", "replicas: 5")
    robin.commit("Five")
    robin.replace("apps/checkout.yaml", "replicas: 5", "replicas: 3")
    robin.commit("Three after all")
    robin.push()
    [opened] = await scaler.requests.settle(scaler.wanted)
    assert (opened.event, [d.policy for d in opened.decisions]) == ("opened", ["search"])
    assert shop.log(BRANCH)[0].paths == ("apps/search.yaml",)
