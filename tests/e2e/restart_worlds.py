"""Random worlds: a while of load on a few workloads, their policies, and what people commit.

All of a world comes from its seed, so that a world in which something went wrong comes back.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from bridge.commit.message import commit_message
from bridge.decide.decision import Decision, Step
from bridge.manifest.target import Target
from tests.conftest import DEPLOYMENT
from tests.e2e.restart_policies import ALERTS, FLEET, Governed, alert_name, policy_file
from tests.parts.backfill import Series, every, ready
from tests.parts.state_repo import PERSON

START: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
TICKS: Final = 80
"""A world's: they take 20, 40 or 80 minutes."""
_SAMPLE_S: Final = 15
_BEFORE: Final = 80
"""Samples that were recorded before the first tick."""
_ALONE: Final = ("checkout", "search")
_MEMBERS: Final = ("search", "mail")
"""In some worlds a fleet; the app that has no policy of its own is one of it."""
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
    governed: tuple[Governed, ...]
    apps: tuple[str, ...]
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
        """Their numbers."""
        return range(TICKS)

    def at(self, tick: int) -> datetime:
        """When a tick comes."""
        return START + timedelta(seconds=self.interval * tick)


def world(seed: int) -> World:
    """The world of this seed."""
    rng = Random(seed)
    interval = rng.choice([15, 30, 60])
    governed, apps = _governed(rng, f"{seed}")
    files = {_manifest_path(app): _manifest(seed, app, rng.randint(0, 9)) for app in apps}
    files |= {_policy_path(one): policy_file(rng, one, interval) for one in governed}
    empty = World(seed, interval, governed, apps, (), files, (), {}, frozenset(), frozenset())
    commits = _commits(rng, empty)
    return replace(
        empty,
        series=tuple(one for app in apps for one in _series(rng, empty, app)),
        before=tuple(_past_commits(rng, empty)),
        commits=commits,
        restarts=frozenset([*rng.sample(empty.ticks, 5), *rng.sample(sorted(commits), 2)]),
        lost=frozenset(tick for tick in empty.ticks if rng.random() < 0.1),
    )


def _governed(rng: Random, run: str) -> tuple[tuple[Governed, ...], tuple[str, ...]]:
    """Whom the policies are for, and the apps."""
    if rng.random() < 0.6:
        return tuple(Governed(run, app) for app in _ALONE), _ALONE
    fleet = Governed(run, "fleet", fleet=True)
    return (Governed(run, "checkout"), fleet), ("checkout", *_MEMBERS)


def _policy_path(governed: Governed) -> str:
    return f"policies/{governed.name}.yaml"


def _manifest_path(app: str) -> str:
    return f"apps/{app}.yaml"


def _manifest(seed: int, app: str, count: int) -> str:
    """All have the fleet's labels: a policy of one's own wins."""
    text = DEPLOYMENT.format(name=app).replace("replicas: 3", f"replicas: {count}")
    return text.replace("namespace: shop", f"namespace: shop-{seed}\n  labels: {json.dumps(FLEET)}")


def _past_commits(rng: Random, world: World) -> list[Committed]:
    """The log as it was at the first tick: some of ours, some of people."""
    ages = sorted(
        (rng.randint(1, _SAMPLE_S * _BEFORE) for _ in range(rng.randint(0, 6))), reverse=True
    )
    return [replace(_other_commit(rng, world), at=START - timedelta(seconds=age)) for age in ages]


def _commits(rng: Random, world: World) -> dict[int, list[Committed]]:
    found = defaultdict(list)
    for _ in range(rng.randint(5, 10)):
        tick = rng.choice(world.ticks)
        made = _policy_commit(rng, world) if rng.random() < 0.4 else _other_commit(rng, world)
        skew = rng.choice([0, 0, 0, -200, 200])  # not every clock is right
        at = world.at(tick) - timedelta(seconds=rng.random() + skew)
        found[tick].append(replace(made, at=at))
    return found


def _policy_commit(rng: Random, world: World) -> Committed:
    """Another policy, or a broken one, in whose stead the last good one goes on."""
    governed = rng.choice(world.governed)
    text = policy_file(rng, governed, world.interval)
    if rng.random() < 0.3:
        text = text.replace('"maxReplicas"', '"mostReplicas"')
    return Committed(START, "Change a policy", {_policy_path(governed): text})


def _other_commit(rng: Random, world: World) -> Committed:
    """A hand edit, or what another instance decided (in Git they differ by the trailers)."""
    app, count = rng.choice(world.apps), rng.randint(0, 12)
    files = {_manifest_path(app): _manifest(world.seed, app, count)}
    if rng.random() < 0.5:
        return Committed(START, f"Set {app} to {count}", files)
    target = Target("Deployment", app, f"shop-{world.seed}", "apps/v1")
    decision = Decision(target=target, policy=app, current=count + 1, desired=count)
    made = replace(decision, steps=(Step("as if decided elsewhere"),))
    return Committed(START, commit_message([made]), files, _OURS)


def _series(rng: Random, world: World, app: str) -> list[Series]:
    """Two metrics of the app, its ready replicas, which follow the load late, and its alerts."""
    samples = _BEFORE + TICKS * world.interval // _SAMPLE_S
    load, lag = _load(rng, samples), rng.randint(1, 20)
    live: Values = [
        max(0, math.ceil(load[max(0, n - lag)] / 100) + _now_and_then(rng, [-1, 1]))
        for n in range(len(load))
    ]
    busy = [value / (100 * (count or 1)) for value, count in zip(load, live, strict=True)]
    place = f"shop-{world.seed}"
    labels = {"run": str(world.seed), "namespace": place, "deployment": app}
    return [
        *_alerts(rng, labels, samples),
        Series("load", _recorded(_with_holes(rng, list(load))), labels),
        Series("busy", _recorded(_with_holes(rng, list(busy))), labels),
        ready("Deployment", place, app, _recorded(_with_holes(rng, live))),
    ]


def _alerts(rng: Random, labels: Mapping[str, str], samples: int) -> Iterator[Series]:
    """Each alert of one or two pods: it fires, is over, fires again, also at the same time."""
    for kind in ALERTS:
        for pod in range(rng.randint(1, 2)):
            values: Values = [None] * samples
            for _ in range(rng.randint(1, 3)):
                start, length = rng.randrange(len(values)), rng.randint(1, samples // 4)
                values[start : start + length] = [1.0] * len(values[start : start + length])
            named = {"alertname": alert_name(kind, labels["run"]), "alertstate": "firing"}
            yield Series("ALERTS", _recorded(values), {**labels, **named, "pod": f"{pod}"})


def _recorded(values: Values) -> dict[float, float]:
    return every(_SAMPLE_S, START - timedelta(seconds=_SAMPLE_S * _BEFORE), values)


def _now_and_then(rng: Random, values: Sequence[int]) -> int:
    return rng.choice(values) if rng.random() < 0.05 else 0


def _load(rng: Random, samples: int) -> list[float]:
    """Between 0 and what some 15 replicas can take: steps, a wave, spikes, or long rests."""
    level = rng.uniform(100, 900)
    shape = rng.choice(["steps", "wave", "spikes", "rests"])
    values, period = [], rng.randint(20, 200)
    for n in range(samples):
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
