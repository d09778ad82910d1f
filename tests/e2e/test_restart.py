"""Git and Prometheus are the only memory: a fresh process decides as one that never stopped.

Eighty ticks of a random world: one process lives through it and commits what it decides, others
start on an empty disk at random ticks, live for a few, and are killed. `RESTART_RUNS=200` runs as
many worlds; `RESTART_SEED=N RESTART_RUNS=1` runs world N alone.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from bridge.demo.servers import PROMETHEUS
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.prometheus_alerts import PrometheusAlerts
from bridge.publish.branch import BranchPublisher
from bridge.repo.fast_import import Identity
from bridge.repo.state_repo import StateRepo
from bridge.service.outcome import Outcome
from bridge.service.rounds import Rounds
from bridge.settings.prometheus import PrometheusSettings
from bridge.settings.state_repo import StateRepoSettings
from bridge.trigger.clock import Ticks
from tests.e2e.restart_worlds import START, Committed, World, world
from tests.parts import state_repo
from tests.parts.backfill import PROMTOOL, Backfilled
from tests.parts.gate import needs

SHOWN = 6
"""The first of the worlds that everybody runs; they show what they have to."""
FIRST = int(os.environ.get("RESTART_SEED", SHOWN))
RUNS = int(os.environ.get("RESTART_RUNS", "3"))
LIVES_FOR = 3
"""Ticks from a restarted process's first decision to its end."""
DOWN, UP = "spec.behavior.scaleDown", "spec.behavior.scaleUp"
WINDOW = "stabilizationWindowSeconds"
RATES = {f"{DOWN}.policies", f"{UP}.policies"}
WINDOWS = {f"{DOWN}.{WINDOW}", f"{UP}.{WINDOW}"}
HOLDS = {"spec.overrideHold", "spec.behavior.level"}
MEMORY = {"changes", "fleet", "spec.alerts.minReplicas", *HOLDS, *RATES, *WINDOWS}
"""What has to occur among the decisions that are compared: what a past decides, by its field."""

pytestmark = pytest.mark.timeout(60 + 60 * RUNS)


class Clock:
    """Stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Life:
    """A process, as far as it decides: its own mirror, caches and connections."""

    rounds: Rounds
    publisher: BranchPublisher


Lives = Mapping[int, Life]


class Course:
    """What goes on in one world, and what was compared in it."""

    def __init__(self, world: World, prometheus: PrometheusSettings, folder: Path) -> None:
        self._world = world
        self._prometheus = prometheus
        self._folder = folder
        self._clock = Clock()
        self._ticks = Ticks()
        self._remote = state_repo.StateRepo.create(folder, world.files)
        self.compared: Counter[str] = Counter()
        self.commits = 0

    async def run(self) -> None:
        """Every tick people commit, all processes decide alike, and the eldest commits."""
        self._commit(self._world.before)
        async with self._life("eldest") as eldest, AsyncExitStack() as fresh:
            started: dict[int, tuple[Life, AsyncExitStack]] = {}
            for tick in self._world.ticks:
                self._clock.now = self._world.at(tick)
                self._commit(self._world.commits.get(tick, ()))
                if killed := started.pop(tick - LIVES_FOR, None):
                    await killed[1].aclose()
                if tick in self._world.restarts:
                    disk = await fresh.enter_async_context(AsyncExitStack())
                    life = await disk.enter_async_context(self._life(f"restarted-{tick}"))
                    started[tick] = life, disk
                await self._tick(tick, eldest, {at: life for at, (life, _) in started.items()})

    async def _tick(self, tick: int, eldest: Life, fresh: Lives) -> None:
        view = await eldest.rounds.look()
        policies = view.policies.by_name.values()
        names = self._ticks.due(policies, self._clock.now.timestamp())
        outcomes = await eldest.rounds.decide(view, names)
        for started, life in fresh.items():
            other = await life.rounds.look()
            self._same(tick, started, view.policies.errors, other.policies.errors)
            for pair in zip(outcomes, await life.rounds.decide(other, names), strict=True):
                self._same(tick, started, *pair)
                self._note(pair[1])
        decisions = [one.decision for one in outcomes if one.decision and one.decision.changes]
        if decisions and tick not in self._world.lost:
            published = await eldest.publisher.publish(decisions, view.places.governing)
            self.commits += published.push is not None

    def _same(self, tick: int, started: int, expected: object, found: object) -> None:
        if expected != found:
            seed, now = self._world.seed, f"{self._clock.now:%H:%M:%S}"
            pytest.fail(
                f"world {seed}, tick {tick} ({now}): who started at tick {started} differs\n"
                f"RESTART_SEED={seed} RESTART_RUNS=1 shows it again.\n"
                f"never stopped: {_shown(expected)}\nrestarted:     {_shown(found)}"
            )

    def _note(self, outcome: Outcome) -> None:
        self.compared["decisions"] += 1
        if made := outcome.decision:
            self.compared["changes"] += made.changes
            self.compared["fleet"] += made.fleet
            fields = {re.sub(r"\.\d+", "", step.field) for step in made.steps}
            self.compared.update(fields - {""})

    @asynccontextmanager
    async def _life(self, disk: str) -> AsyncIterator[Life]:
        """A process on a disk of its own, empty at first."""
        settings = StateRepoSettings(
            url=self._remote.url, search_paths=("apps",), mirror=self._folder / disk
        )
        async with StateRepo(settings) as repo, Prometheus(self._prometheus) as prometheus:
            alerts = PrometheusAlerts(prometheus)
            rounds = Rounds(repo, prometheus, self._clock, alerts=alerts)
            author = Identity("scalebridge", "scalebridge@localhost")
            yield Life(rounds, BranchPublisher(repo, author, self._clock, rounds.policies_at))

    def _commit(self, commits: Iterable[Committed]) -> None:
        for one in commits:
            self._remote.write(one.files, one.message, author=one.author, when=one.at)


def _shown(what: object) -> object:
    return what.decision or what.problem if isinstance(what, Outcome) else what


async def test_a_process_restarted_on_an_empty_disk_decides_as_one_that_never_stopped(
    tmp_path: Path,
) -> None:
    needs(PROMETHEUS, PROMTOOL, "git")
    worlds = [world(seed) for seed in range(FIRST, FIRST + RUNS)]
    series = [one for each in worlds for one in each.series]
    compared: Counter[str] = Counter()
    with Backfilled(tmp_path / "past", series, lookback="20s") as server:
        for each in worlds:
            settings = PrometheusSettings(url=server.url)
            course = Course(each, settings, tmp_path / f"world-{each.seed}")
            await course.run()
            compared += course.compared
            compared["commits"] += course.commits
    if FIRST == SHOWN and RUNS > 2:
        assert compared["decisions"] > 10 * RUNS
        assert compared["commits"] > 3 * RUNS
        assert set(compared) >= MEMORY, compared
        drawn = "".join(text for each in worlds for text in each.files.values())
        assert all(f'"{field}"' in drawn for field in ("stabilizationQuantile", "surge", "level"))
