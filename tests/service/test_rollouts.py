"""Dead times from a real log and a real Prometheus: a fresh process measures the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.commit.message import commit_message
from bridge.decide.dead_time import Rollouts
from bridge.decide.decision import Decision
from bridge.decide.recall import Scaled
from bridge.demo.servers import PROMETHEUS
from bridge.evaluate.asking import Asking
from bridge.evaluate.prometheus import Prometheus
from bridge.manifest.target import Target
from bridge.repo.state_repo import StateRepo as Tip
from bridge.service.rollouts import RolloutLog
from bridge.service.rounds import Rounds
from bridge.settings.prometheus import PrometheusSettings
from tests.conftest import DEPLOYMENT
from tests.decide.given import decision
from tests.parts.backfill import PROMTOOL, Backfilled, Series, every, ready
from tests.parts.fake_prometheus import FakePrometheus, samples, status
from tests.parts.gate import needs
from tests.parts.state_repo import StateRepo
from tests.policy.given import policy as given
from tests.repo.ways import by_file
from tests.service.program import policy

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
POLICY = {"pollingInterval": "15s", "inFlightTimeout": "10m", "behavior": {}}


def seconds(past: Mapping[int, float]) -> dict[float, float]:
    """A value every 5 s for the hour before noon, from steps {seconds before noon: value}."""
    steps, value, values = dict(past), 0.0, []
    for age in range(3600, -1, -5):
        value = steps.get(age, value)
        values.append(value)
    return every(5, NOON - timedelta(hours=1), values)


CLIMBING = range(480, -1, -5)
PAST = (
    # slow: 35 s, then 210 s; checkout: overtaken on the way; search: never there
    Series("slow", seconds({3600: 300, 2400: 700, 380: 300})),
    ready("Deployment", "shop", "slow", seconds({3600: 3, 2965: 4, 2190: 7})),
    Series("checkout", seconds({3600: 300})),
    ready("Deployment", "shop", "checkout", seconds({3600: 4, 1950: 6})),
    Series("search", seconds({3600: 700})),
    ready("Deployment", "shop", "search", seconds({3600: 3})),
    # climb: 45 s, and a load that grows by 6 each second
    Series("climb", every(5, NOON - timedelta(minutes=8), [640.0 - 6 * n for n in CLIMBING])),
    ready("Deployment", "shop", "climb", seconds({3600: 4, 1955: 6})),
)
COMMITS = (
    (3000, "slow", 3, 4),
    (2400, "slow", 4, 7),
    (2000, "climb", 4, 6),
    (2000, "checkout", 4, 6),
    (1960, "checkout", 6, 7),
    (1800, "checkout", 7, 6),
    (720, "search", 3, 7),
)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Knows that hour, and nothing else."""
    needs(PROMETHEUS, PROMTOOL)
    with Backfilled(tmp_path_factory.mktemp("hour"), PAST, lookback="20s") as server:
        yield server.url


@dataclass
class World:
    """A repo in which commits are made at their time, and a clock to look at it."""

    repo: StateRepo
    prometheus: str
    folder: Path
    now: datetime = NOON
    made: int = field(default=0)

    def at(self, age: int) -> None:
        """The hour has gone on to that many seconds before noon."""
        self.now = NOON - timedelta(seconds=age)
        for before_noon, name, old, new in COMMITS[self.made :]:
            if before_noon < age:
                return
            made = decision(old, new, Target("Deployment", name, "shop"), "because")
            when = NOON - timedelta(seconds=before_noon)
            files = {f"apps/{name}.yaml": manifest(name, new)}
            self.repo.write(files, commit_message([made]), when=when)
            self.made += 1

    async def fresh(self) -> dict[str, Decision]:
        """The decisions of a process that has just started on an empty disk."""
        self.folder.joinpath("fresh").mkdir(exist_ok=True)
        folder = self.folder / "fresh" / f"{self.now:%H%M%S}"
        async with (
            Tip(by_file(self.repo, folder)) as tip,
            Prometheus(PrometheusSettings(url=self.prometheus)) as source,
        ):
            return await decisions(Rounds(tip, source, lambda: self.now))


async def decisions(rounds: Rounds) -> dict[str, Decision]:
    """By policy."""
    outcomes = await rounds.decide(await rounds.look())
    return {one.policy.name: one.decision for one in outcomes if one.decision}


def manifest(name: str, replicas: int) -> str:
    """A Deployment with that count."""
    return DEPLOYMENT.format(name=name).replace("replicas: 3", f"replicas: {replicas}")


@pytest.fixture
def world(prometheus: str, tmp_path: Path) -> World:
    """Three workloads with policies, an hour before noon."""
    counts = {"slow": 3, "checkout": 4, "search": 3, "climb": 4}
    files = {f"apps/{name}.yaml": manifest(name, count) for name, count in counts.items()}
    policies = {
        f"policies/{name}.yaml": policy(name, query=name, **POLICY, minReplicas=2)
        for name in counts
    }
    line = {"type": "linear", "window": "4m"}
    foreseen = json.loads(policies["policies/climb.yaml"])
    foreseen["spec"]["metrics"][0]["forecast"] = line
    policies["policies/climb.yaml"] = json.dumps(foreseen)
    return World(StateRepo.create(tmp_path, {**files, **policies}), prometheus, tmp_path)


async def test_dead_time_is_measured_by_a_fresh_process(world: World) -> None:
    world.at(0)
    made = await world.fresh()
    assert {name: one.dead_time for name, one in made.items()} == {
        "slow": 210,  # the longer one of two
        "checkout": None,  # overtaken, overtaken, and there already
        "search": None,
        "climb": 45,
    }
    assert made["slow"].desired == 7
    assert made["slow"].reasons[-1] == (
        "held by the stabilization window of 420 s, twice the dead time, at 7"
    )
    assert made["checkout"].desired == 3


async def test_a_rollout_that_never_ends_is_stuck(world: World) -> None:
    world.at(0)
    made = (await world.fresh())["search"]
    assert made.stuck_rollout == "stuck rollout: 3 ready of 7 committed for 12m"
    assert made.reasons[-1] == made.stuck_rollout
    assert made.steps[-1].field == "spec.inFlightTimeout"


async def test_a_forecast_looks_the_measured_dead_time_ahead(world: World) -> None:
    world.at(0)
    made = (await world.fresh())["climb"]
    assert made.desired == 10
    assert made.reason == "load 640, 910 in 45 s (linear), at 100 per replica asks for 10"


async def test_a_fresh_process_decides_as_one_that_saw_it_all(world: World) -> None:
    known = []
    async with (
        Tip(by_file(world.repo, world.folder / "old")) as tip,
        Prometheus(PrometheusSettings(url=world.prometheus)) as source,
    ):
        old = Rounds(tip, source, lambda: world.now)
        for age in (2990, 2960, 2395, 2185, 1990, 1955, 1700, 700, 105, 0):
            world.at(age)
            known.append(await decisions(old))
            assert known[-1] == await world.fresh()
    slow = [made["slow"].dead_time for made in known]
    assert slow == [None, 35, 35, *[210] * 7]
    assert [bool(made["search"].stuck_rollout) for made in known] == [*[False] * 8, True, True]


async def test_a_fleets_members_are_measured_each_for_itself(world: World) -> None:
    world.at(0)
    labelled = "metadata:\n  labels: {tier: web}"
    files: dict[str, str | None] = {f"policies/{n}.yaml": None for n in ("slow", "checkout")}
    for name, count in {"slow": 7, "checkout": 6}.items():
        files[f"apps/{name}.yaml"] = manifest(name, count).replace("metadata:", labelled)
    selector = {"matchLabels": {"tier": "web"}}
    fleet = {"scaleTargetRef": None, "scaleTargetSelector": selector, "minReplicas": 2}
    files["policies/web.yaml"] = policy("web", query="load", **POLICY, **fleet)
    world.repo.write(files, "Make it a fleet", when=NOON)
    folder = world.folder / "fleet"
    async with (
        Tip(by_file(world.repo, folder)) as tip,
        Prometheus(PrometheusSettings(url=world.prometheus)) as source,
    ):
        rounds = Rounds(tip, source, lambda: world.now)
        outcomes = await rounds.decide(await rounds.look())
    fleet_made = [one.decision for one in outcomes if one.decision and one.policy.is_member]
    assert {one.target.name: one.dead_time for one in fleet_made} == {"slow": 210, "checkout": None}


async def test_a_commit_that_comes_late_overtakes_what_was_measured_before(world: World) -> None:
    """Its clock was behind: by its date it came before the rollout's end."""
    async with (
        Tip(by_file(world.repo, world.folder / "old")) as tip,
        Prometheus(PrometheusSettings(url=world.prometheus)) as source,
    ):
        old = Rounds(tip, source, lambda: world.now)
        world.at(2010)
        assert (await decisions(old))["slow"].dead_time == 210
        late = decision(7, 8, Target("Deployment", "slow", "shop"), "because")
        when = NOON - timedelta(seconds=2300)
        world.repo.write({"apps/slow.yaml": manifest("slow", 8)}, commit_message([late]), when=when)
        known = await decisions(old)
    assert known["slow"].dead_time == 35
    assert known == await world.fresh()


async def test_a_question_that_fails_leaves_the_dead_time_unknown() -> None:
    asked = given(readyReplicasQuery="ready")
    changes = (Scaled(NOON - timedelta(minutes=1), 2, 5, ours=True),)
    with FakePrometheus() as fake:
        fake.script("ready", status(500, "x"))
        async with Prometheus(PrometheusSettings(url=fake.url)) as source:
            rollouts = await RolloutLog().of(asked, changes, Asking(source, NOON))
    assert rollouts == Rollouts(error="'ready': HTTP Status Code 500 (b'x')")
    assert rollouts.dead_time is None


async def test_of_targets_that_are_gone_nothing_is_kept_for_longer_than_a_day() -> None:
    log = RolloutLog()
    with FakePrometheus() as fake:
        fake.script("ready", samples())
        async with Prometheus(PrometheusSettings(url=fake.url)) as source:
            for hour in range(30):
                now = NOON + timedelta(hours=hour)
                change = Scaled(now - timedelta(minutes=30), 2, 5, ours=True)
                asked = given(f"preview-{hour}", readyReplicasQuery="ready")
                await log.of(asked, (change,), Asking(source, now))
    assert len(log._ended) == 24
