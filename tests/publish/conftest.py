"""A publisher on the smart-HTTP remote, and the decisions that it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from bridge.decide.decision import Decision, Step
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy
from bridge.publish.branch import BranchPublisher
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo as Tip
from tests.parts.git_http import GitHttp
from tests.parts.github import GitHub
from tests.parts.state_repo import StateRepo
from tests.repo.ways import BRIDGE, NOON, by_http

Moment = Literal["before_advertise", "before_receive"]


def decision(
    name: str = "checkout",
    current: int = 3,
    desired: int = 7,
    *reasons: str,
    kind: str = "Deployment",
) -> Decision:
    """A decision for a workload of the shop."""
    target = Target(kind, name, "shop", "apps/v1")
    why = reasons or (f"load asks for {desired}",)
    return Decision(
        target=target, policy=name, current=current, desired=desired, steps=tuple(map(Step, why))
    )


def meanwhile(server: GitHttp, moment: Moment, act: Callable[[], object], times: int = 1) -> None:
    """The next pushes find that somebody did this at that moment."""
    remaining = iter(range(times))

    def once() -> None:
        if next(remaining, None) is None:
            setattr(server, moment, None)
        else:
            act()

    setattr(server, moment, once)


def policy(name: str, **spec: Any) -> ScalingPolicy:
    """A policy for the Deployment of that name."""
    given = {
        "scaleTargetRef": {"kind": "Deployment", "name": name, "namespace": "shop"},
        "maxReplicas": 50,
        "metrics": [{"name": "load", "query": "load", "target": {"value": 100}}],
    }
    kind = {"apiVersion": "scalebridge/v1", "kind": "ScalingPolicy"}
    return ScalingPolicy(**kind, metadata={"name": name}, spec={**given, **spec})


def comparing(monkeypatch: pytest.MonkeyPatch) -> list[Decision]:
    """A fixture: which decisions were compared with another one by all that they say."""
    met: list[Decision] = []

    def equals(one: Decision, other: object) -> bool:
        met.append(one)
        return one is other

    monkeypatch.setattr(Decision, "__eq__", equals)
    return met


WEBS = tuple(f"web-{number}" for number in range(6))
NAMES = ("checkout", "search", "web", "api", "worker", "gone", *WEBS)
POLICIES: Final = {name: policy(name) for name in NAMES}


async def as_ever(_: Snapshot) -> Mapping[str, ScalingPolicy]:
    """The policies never change."""
    return POLICIES


@pytest.fixture
async def publisher(
    git_http: GitHttp, state_repo: StateRepo, tmp_path: Path
) -> AsyncIterator[BranchPublisher]:
    """Commits at noon."""
    async with Tip(by_http(git_http, state_repo, tmp_path)) as repo:
        yield BranchPublisher(repo, BRIDGE, lambda: NOON, as_ever)


@pytest.fixture
def hub(state_repo: StateRepo) -> Iterator[GitHub]:
    """GitHub, which understood all that it was asked."""
    with GitHub(state_repo) as hub:
        yield hub
    assert hub.misunderstood == []
