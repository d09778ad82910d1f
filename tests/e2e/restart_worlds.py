"""Random worlds: an hour of load on a few workloads, their policies, and what people commit.

All of a world comes from its seed, so that a world in which something went wrong comes back.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from bridge.commit.message import commit_message
from bridge.decide.decision import Decision, Step
from bridge.manifest.target import Target
from tests.conftest import DEPLOYMENT
from tests.e2e.restart_policies import policy_file
from tests.parts.backfill import Series, every, firing, ready
from tests.parts.state_repo import PERSON

START: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
_HOUR_S: Final = 3600
_SAMPLE_S: Final = 15
_SAMPLES: Final = _HOUR_S // _SAMPLE_S
_BEFORE: Final = 80
"""Samples that were recorded before the hour begins."""
_APPS: Final = ("checkout", "search")
_OURS: Final = "scalebridge <scalebridge@localhost>"

Values = list[float | None]


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit of somebody else's: a person, or another instance of ours."""

    at: datetime
    message: str
    files: Mapping[str, str | bytes | None]
    author: str = PERSON


@dataclass(frozen=True, slots=True)
class World:
    """What happens at each tick, whatever scalebridge does."""

    seed: int
    interval: int
    """Seconds from tick to tick."""
    series: tuple[Series, ...]
    files: Mapping[str, str]
    before: tuple[Committed, ...]
    commits: Mapping[int, Sequence[Committed]]
    restarts: frozenset[int]
    """The ticks at which a process starts on an empty disk."""
    lost: frozenset[int]
    """The ticks whose batch was never published."""

    @property
    def ticks(self) -> range:
        """Those of the hour."""
        return range(_HOUR_S // self.interval)

    def at(self, tick: int) -> datetime:
        """When a tick comes."""
        return START + timedelta(seconds=self.interval * tick)


def world(seed: int) -> World:
    """The world of this seed."""
    rng = Random(seed)
    interval = rng.choice([15, 30, 60])
    files = {_manifest_path(app): _manifest(app, rng.randint(0, 9)) for app in _APPS}
    files |= {_policy_path(app): policy_file(rng, f"{seed}", app, interval) for app in _APPS}
    empty = World(seed, interval, (), files, (), {}, frozenset(), frozenset())
    commits = _commits(rng, empty)
    return replace(
        empty,
        series=(*(one for app in _APPS for one in _series(rng, seed, app)), _alert(rng, seed)),
        before=tuple(_past_commits(rng)),
        commits=commits,
        restarts=frozenset([*rng.sample(empty.ticks, 12), *rng.sample(sorted(commits), 2)]),
        lost=frozenset(tick for tick in empty.ticks if rng.random() < 0.1),
    )


def _policy_path(app: str) -> str:
    return f"policies/{app}.yaml"


def _manifest_path(app: str) -> str:
    return f"apps/{app}.yaml"


def _manifest(app: str, count: int) -> str:
    return DEPLOYMENT.format(name=app).replace("replicas: 3", f"replicas: {count}")


def _past_commits(rng: Random) -> list[Committed]:
    """The log as it was when the hour began: some of ours, some of people."""
    ages = sorted(
        (rng.randint(1, _SAMPLE_S * _BEFORE) for _ in range(rng.randint(0, 6))), reverse=True
    )
    return [
        replace(_other_commit(rng, rng.choice(_APPS)), at=START - timedelta(seconds=age))
        for age in ages
    ]


def _commits(rng: Random, world: World) -> dict[int, list[Committed]]:
    found = defaultdict(list)
    for _ in range(rng.randint(5, 10)):
        tick, app = rng.choice(world.ticks), rng.choice(_APPS)
        made = _policy_commit(rng, world, app) if rng.random() < 0.4 else _other_commit(rng, app)
        skew = rng.choice([0, 0, 0, -200, 200])  # not every clock is right
        at = world.at(tick) - timedelta(seconds=rng.random() + skew)
        found[tick].append(replace(made, at=at))
    return found


def _policy_commit(rng: Random, world: World, app: str) -> Committed:
    """Another policy, or a broken one, in whose stead the last good one goes on."""
    text = policy_file(rng, f"{world.seed}", app, world.interval)
    if rng.random() < 0.3:
        text = text.replace('"maxReplicas"', '"mostReplicas"')
    return Committed(START, "Change a policy", {_policy_path(app): text})


def _other_commit(rng: Random, app: str) -> Committed:
    """A hand edit, or what another instance decided (in Git they differ by the trailers)."""
    count = rng.randint(0, 12)
    files = {_manifest_path(app): _manifest(app, count)}
    if rng.random() < 0.5:
        return Committed(START, f"Set {app} to {count}", files)
    target = Target("Deployment", app, "shop", "apps/v1")
    decision = Decision(target=target, policy=app, current=count + 1, desired=count)
    made = replace(decision, steps=(Step("as if decided elsewhere"),))
    return Committed(START, commit_message([made]), files, _OURS)


def _series(rng: Random, seed: int, app: str) -> list[Series]:
    """Two metrics of the app, and its ready replicas, which follow the load late."""
    load, lag = _load(rng), rng.randint(1, 20)
    live: Values = [
        max(0, math.ceil(load[max(0, n - lag)] / 100) + _now_and_then(rng, [-1, 1]))
        for n in range(len(load))
    ]
    busy = [value / (100 * (count or 1)) for value, count in zip(load, live, strict=True)]
    labels = {"run": str(seed), "app": app}
    return [
        Series("load", _recorded(_with_holes(rng, list(load))), labels),
        Series("busy", _recorded(_with_holes(rng, list(busy))), labels),
        ready("Deployment", f"shop-{seed}", app, _recorded(_with_holes(rng, live))),
    ]


def _alert(rng: Random, seed: int) -> Series:
    """Fires for some minutes of the hour."""
    start = START + timedelta(minutes=rng.randint(0, 40))
    end = start + timedelta(minutes=rng.randint(1, 20))
    return firing("Overloaded", start, end, namespace=f"shop-{seed}")


def _recorded(values: Values) -> dict[float, float]:
    return every(_SAMPLE_S, START - timedelta(seconds=_SAMPLE_S * _BEFORE), values)


def _now_and_then(rng: Random, values: Sequence[int]) -> int:
    return rng.choice(values) if rng.random() < 0.05 else 0


def _load(rng: Random) -> list[float]:
    """Between 0 and what some 15 replicas can take: steps, a wave, spikes, or long rests."""
    length, level = _BEFORE + _SAMPLES, rng.uniform(100, 900)
    shape = rng.choice(["steps", "wave", "spikes", "rests"])
    values, period = [], rng.randint(20, 200)
    for n in range(length):
        if rng.random() < 0.02:
            level = rng.uniform(0, 1500)
        value = {
            "steps": level,
            "wave": level * (1 + math.sin(2 * math.pi * n / period)) / 2,
            "spikes": level * (3 if rng.random() < 0.03 else 1),
            "rests": 0.0 if n % period > period / 3 else level,
        }[shape]
        values.append(round(value * rng.uniform(0.97, 1.03), 3))
    return values


def _with_holes(rng: Random, values: Values) -> Values:
    """Now and then nothing was recorded, or no number."""
    if rng.random() < 0.5:
        return values
    for _ in range(rng.randint(1, 4)):
        start, length = rng.randrange(len(values)), rng.randint(1, 12)
        lost = rng.choice([None, math.nan])
        values[start : start + length] = [lost] * len(values[start : start + length])
    return values
