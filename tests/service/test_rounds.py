"""Rounds leave the event loop to others in between, and see a push at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.decide.decide import decide
from bridge.decide.decision import Decision
from bridge.evaluate.prometheus import Prometheus
from bridge.observe.prometheus_watch import PrometheusWatch
from bridge.observe.status import Status
from bridge.policy.model import ScalingPolicy
from bridge.policy.shard import WHOLE, Shard
from bridge.repo.git import Git
from bridge.repo.state_repo import StateRepo as Repo
from bridge.service.outcome import Outcome
from bridge.service.rounds import Rounds
from bridge.service.view import View
from bridge.service.watching import Watching
from bridge.settings.configuration import Settings
from bridge.settings.prometheus import PrometheusSettings
from tests.conftest import DEPLOYMENT
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.repo.ways import by_file
from tests.service.program import policy

MANY = 400


async def test_one_answer_that_wakes_many_policies_does_not_hold_up_the_loop(
    state_repo: StateRepo, fake: FakePrometheus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"web-{number}" for number in range(MANY)]
    files = {f"apps/{name}.yaml": DEPLOYMENT.format(name=name) for name in names}
    state_repo.write({**files, **{f"policies/{n}.yaml": policy(n) for n in names}}, "Add")
    fake.script(ANY, samples(700))
    decided: Counter[int] = Counter()
    turn = 0

    def noting(*given: Any) -> Decision:
        decided[turn] += 1
        return decide(*given)

    async def others() -> None:
        nonlocal turn
        while True:
            await asyncio.sleep(0)
            turn += 1

    monkeypatch.setattr("bridge.service.rounds.decide", noting)
    monkeypatch.setattr("bridge.service.slices.SLICE_S", 0)
    source = Prometheus(PrometheusSettings(url=fake.url))
    async with Repo(by_file(state_repo, tmp_path, search_paths=("apps",))) as repo, source:
        rounds = Rounds(repo, source, lambda: datetime.now(UTC))
        view = await rounds.look()
        running = asyncio.create_task(others())
        outcomes = await rounds.decide(view)
        running.cancel()
    assert [one.decision.desired for one in outcomes if one.decision] == [7] * MANY
    assert decided.total() == MANY
    assert set(decided.values()) == {1}


async def test_a_bug_in_one_decision_ends_the_work_on_all(
    state_repo: StateRepo, fake: FakePrometheus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"web-{number}" for number in range(10)]
    files = {f"apps/{name}.yaml": DEPLOYMENT.format(name=name) for name in names}
    state_repo.write({**files, **{f"policies/{n}.yaml": policy(n) for n in names}}, "Add")
    fake.script(ANY, samples(700))
    tries = 0

    def broken(*_: Any) -> Decision:
        nonlocal tries
        tries += 1
        raise ZeroDivisionError

    monkeypatch.setattr("bridge.service.rounds.decide", broken)
    monkeypatch.setattr("bridge.service.slices.SLICE_S", 0)
    source = Prometheus(PrometheusSettings(url=fake.url))
    async with Repo(by_file(state_repo, tmp_path, search_paths=("apps",))) as repo, source:
        rounds = Rounds(repo, source, lambda: datetime.now(UTC))
        view = await rounds.look()
        with pytest.raises(ExceptionGroup) as raised:
            await rounds.decide(view)
        for _ in range(MANY):
            await asyncio.sleep(0)
    assert raised.group_contains(ZeroDivisionError)
    assert tries == 1


def now() -> datetime:
    """By the real clock."""
    return datetime.now(UTC)


def scaled_by_hand(state_repo: StateRepo) -> None:
    """One workload with its policy, and 5 replicas by a person."""
    web = DEPLOYMENT.format(name="web")
    state_repo.write({"apps/web.yaml": web, "policies/web.yaml": policy("web")}, "Add")
    by_hand = web.replace("replicas: 3", "replicas: 5")
    state_repo.write({"apps/web.yaml": by_hand}, "Scale by hand")


@asynccontextmanager
async def until_left(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs beside the block, and ends with it."""
    running = asyncio.create_task(work)
    yield
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_each_share_knows_of_the_holds_of_all(
    state_repo: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    scaled_by_hand(state_repo)
    source = Prometheus(PrometheusSettings(url=fake.url))
    async with Repo(by_file(state_repo, tmp_path, search_paths=("apps",))) as repo, source:
        snapshot = await repo.look()
        orders = [
            await Rounds(repo, source, now).of(shard).orders_at(snapshot)
            for shard in (WHOLE, Shard(1, 2), Shard(2, 2))
        ]
        [held] = await Rounds(repo, source, now).held_at(snapshot)
    assert [held in one.held for one in orders] == [True] * 3


async def test_a_share_lists_its_own_targets_and_counts_the_others(
    state_repo: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    names = [f"web-{number}" for number in range(9)]
    apps = {f"apps/{name}.yaml": DEPLOYMENT.format(name=name) for name in names}
    asleep = {f"policies/{name}.yaml": policy(name, suspend=True) for name in names}
    state_repo.write({**apps, **asleep}, "Add")
    source = Prometheus(PrometheusSettings(url=fake.url))
    async with Repo(by_file(state_repo, tmp_path, search_paths=("apps",))) as repo, source:
        views = [await Rounds(repo, source, now).of(Shard(index, 3)).look() for index in (1, 2, 3)]
    own = [view.suspended for view in views]
    assert sorted(name for some in own for name in some) == names
    assert [view.elsewhere for view in views] == [9 - len(some) for some in own]
    assert min(len(some) for some in own) > 0


class Passed(dict[str, ScalingPolicy]):
    """Counts how often it is gone through."""

    times = 0

    def values(self) -> Any:
        self.times += 1
        return super().values()


async def test_many_fleets_go_through_all_policies_once(
    state_repo: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    names = [f"web-{number}" for number in range(20)]
    apps = {
        f"apps/{name}.yaml": DEPLOYMENT.format(name=name).replace(
            "metadata:\n", f"metadata:\n  labels: {{tier: {name}}}\n"
        )
        for name in names
    }
    fleets = {
        f"policies/{name}.yaml": policy(
            name, scaleTargetRef=None, scaleTargetSelector={"matchLabels": {"tier": name}}
        )
        for name in names
    }
    state_repo.write({**apps, **fleets}, "Add")
    source = Prometheus(PrometheusSettings(url=fake.url))
    async with Repo(by_file(state_repo, tmp_path, search_paths=("apps",))) as repo, source:
        rounds = Rounds(repo, source, now)
        view = await rounds.look()
        governing = view.places.governing = Passed(view.places.governing)
        outcomes = await rounds.decide(view)
    assert len(outcomes) == len(rounds.unclaimed) == len(names)
    assert governing.times == 1


async def test_a_round_asks_git_for_nothing_that_the_look_before_it_could_know(
    state_repo: StateRepo, fake: FakePrometheus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scaled_by_hand(state_repo)
    fake.script(ANY, samples(700))
    source = Prometheus(PrometheusSettings(url=fake.url))
    remote = by_file(state_repo, tmp_path, search_paths=("apps",))
    settings = Settings(prometheus=PrometheusSettings(url=fake.url), state_repo=remote)
    commands = 0
    rounds_took: asyncio.Queue[tuple[int, str]] = asyncio.Queue()

    def counted(self: Git, *arguments: str, **more: Any) -> bytes:
        nonlocal commands
        commands += 1
        return run(self, *arguments, **more)

    async def noting(view: View, names: Iterable[str] | None = None) -> list[Outcome]:
        before, outcomes = commands, await decide_(view, names)
        [made] = [one.decision for one in outcomes if one.decision]
        rounds_took.put_nowait((commands - before, made.reason))
        return outcomes

    run = Git.run
    monkeypatch.setattr(Git, "run", counted)
    async with Repo(remote) as repo, source:
        rounds = Rounds(repo, source, now)
        decide_ = rounds.decide
        monkeypatch.setattr(rounds, "decide", noting)
        watching = Watching(rounds, Status(now()), now, PrometheusWatch(), settings)
        async with asyncio.timeout(20), until_left(watching.run(lambda *_: None)):
            took, reason = await rounds_took.get()
    assert (took, "held at 5" in reason) == (0, True)
    assert commands > 3
