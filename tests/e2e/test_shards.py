"""Four processes on one branch, a share of the targets each: killed, stopped, doubled, re-split."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import TimeoutExpired

import pytest

from bridge.policy.shard import Shard
from bridge.repo.trailers import scale_decisions
from tests.conftest import DEPLOYMENT
from tests.faults.oracle import prove_never_forced
from tests.parts.fake_prometheus import FakePrometheus, labelled, samples
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.policy.given import policy as model
from tests.repo.processes import until
from tests.service.conftest import count
from tests.service.program import Program, configured, policy, through

APPS = tuple(f"web-{number:02}" for number in range(10))
FLEET = APPS[5:]
"""Members of one policy; the others have one each."""
GOAL = 100
ROUNDS = 3
BOUND_S = 60.0

pytestmark = pytest.mark.timeout(400)


def owner(app: str, split: int) -> int:
    """Whose target it is."""
    target = {"kind": "Deployment", "name": app, "namespace": "shop"}
    mine = model(app, scaleTargetRef=target)
    [index] = [i for i in range(1, split + 1) if Shard(i, split).has(mine)]
    return index


def manifest(app: str, replicas: int = 3) -> str:
    """Of a workload; the fleet's have a label."""
    text = DEPLOYMENT.format(name=app).replace("replicas: 3", f"replicas: {replicas}")
    labels = "namespace: shop\n  labels: {tier: web}"
    return text.replace("namespace: shop", labels) if app in FLEET else text


class Instances:
    """Processes on one branch, each with a mirror of its own, and the loads that they see."""

    def __init__(self, folder: Path, repo: StateRepo, git_http: GitHttp) -> None:
        self.repo = repo
        self.git_http = git_http
        self._seeded = repo.tip()
        self._folder = folder
        self.dice = random.Random(7)
        self.counts = dict.fromkeys(APPS, 3)
        self.asked: dict[str, list[int]] = {app: [3] for app in APPS}
        self.running: dict[str, Program] = {}
        self.ended: list[Program] = []
        self._fake = FakePrometheus()

    @contextmanager
    def opened(self) -> Iterator[Instances]:
        """Leaves no process behind."""
        with ExitStack() as stack:
            stack.enter_context(self._fake)
            self._tell()
            stack.callback(self._end)
            yield self

    def _end(self) -> None:
        for one in self.running.values():
            one.kill()

    def start(self, shard: str, name: str = "") -> Program:
        """One that decides this shard; `name` tells two of one shard apart."""
        name = name or shard
        home = self._folder / name.replace("/", "-of-")
        home.mkdir(exist_ok=True)
        # patient: a busy machine
        given = through(self.git_http, self.repo, timeout="20s", poll_interval="2s")
        config = configured(home, self._fake.url, given)
        self.running[name] = Program(config, "--shard", shard)
        return self.running[name]

    def kill(self, name: str) -> None:
        """At once; what it said is kept."""
        program = self.running.pop(name)
        program.kill()
        assert program.noise == []
        self.ended.append(program)

    def load(self, apps: tuple[str, ...] = APPS) -> None:
        """Another load for each of these, far enough from what the count takes."""
        for app in apps:
            before = self.asked[app][-6:]  # any of them may be what Git holds
            far = [n for n in range(1, 100) if all(not 0.8 < n / now < 1.2 for now in before)]
            self.counts[app] = self.dice.choice(far)
            self.asked[app].append(self.counts[app])
        self._tell()

    def _tell(self) -> None:
        for app in APPS:
            self._fake.script(app, samples(GOAL * self.counts[app]))
        members = [{"namespace": "shop", "deployment": app} for app in FLEET]
        loads = [GOAL * self.counts[app] for app in FLEET]
        self._fake.script("fleet", labelled(*zip(members, loads, strict=True)))

    def until_right(self, within: float = BOUND_S) -> None:
        """Git says what the loads ask for."""
        until(lambda: {app: count(self.repo, app) for app in APPS} == self.counts, within)

    def prove(self, *, overtaken: bool = False) -> dict[str, set[str]]:
        """Every wish was committed once, and nothing else was; the targets of each commit.

        `overtaken`: a wish may be left out where the next one came before it was committed.
        """
        self.repo.assert_linear()
        prove_never_forced(self.repo)
        paths: dict[str, list[int]] = {app: [3] for app in APPS}
        commits: dict[str, set[str]] = {}
        for commit in self.repo.log(f"{self._seeded}..main")[::-1]:
            made = list(scale_decisions(commit.body))
            apps = {one.target.rpartition("/")[2] for one in made}
            assert {f"apps/{app}.yaml" for app in apps} == set(commit.paths)
            commits[commit.sha] = apps
            for one in made:
                app = one.target.rpartition("/")[2]
                assert paths[app][-1] == one.from_
                paths[app].append(one.to)
                text = self.repo.read(f"apps/{app}.yaml", commit.sha).decode()
                assert text == manifest(app, one.to)
        for app, path in paths.items():
            asked = self.asked[app]
            if overtaken:
                left = iter(asked)
                assert path[-1] == asked[-1]
                assert all(step in left for step in path), f"{app}: {path} of {asked}"
            else:
                assert path == asked, app
        return commits

    @property
    def programs(self) -> list[Program]:
        """All there were."""
        return [*self.ended, *self.running.values()]


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Instances]:
    """Nobody runs yet; the remote notes each move of its branch."""
    files = {f"apps/{app}.yaml": manifest(app) for app in APPS}
    policies = {f"policies/{app}.yaml": policy(app, query=app) for app in APPS if app not in FLEET}
    selector = {"kind": "Deployment", "matchLabels": {"tier": "web"}}
    of_fleet = policy("fleet", query="fleet", scaleTargetRef=None, scaleTargetSelector=selector)
    policies["policies/fleet.yaml"] = of_fleet
    repo = StateRepo.create(tmp_path / "remote", {**files, **policies})
    with (repo.path / "config").open("a", encoding="utf-8") as config:
        config.write("[core]\n\tlogAllRefUpdates = true\n[user]\n\tname = t\n\temail = t@t\n")
    with (
        GitHttp(repo.path.parent) as git_http,
        Instances(tmp_path, repo, git_http).opened() as instances,
    ):
        yield instances


def test_killed_at_any_time_each_wish_is_committed_once_by_its_own_shard(
    four: Instances,
) -> None:
    names = [f"{index}/4" for index in range(1, 5)]
    for name in names:
        four.start(name)
    for number in range(ROUNDS):
        four.load()
        victim = four.dice.choice(names)
        if number % 3 == 2:  # when a commit has left it and is not taken yet
            dead = four.running[victim]
            four.git_http.before_receive = dead.process.kill
            with suppress(TimeoutExpired):
                dead.process.wait(10)
            four.git_http.before_receive = None
        else:
            time.sleep(four.dice.uniform(0, 1.6))
        four.kill(victim)
        four.start(victim)
        four.until_right()
    commits = four.prove()
    split = [{owner(app, 4) for app in apps} for apps in commits.values()]
    assert {len(owners) for owners in split} == {1}
    assert {owner(app, 4) for app in FLEET} == {2, 3, 4}
    assert {index for owners in split for index in owners} == {1, 2, 3, 4}
    by_shard: dict[str, int] = defaultdict(int)
    for program in four.programs:
        [listening] = program.seen("listening") or [{"shard": "killed before"}]
        for one in program.seen("committed"):
            assert {str(owner(app, 4)) for app in commits[one["commit"]]} == {listening["shard"][0]}
            by_shard[listening["shard"]] += 1
    assert by_shard.keys() == set(names)


def test_a_stopped_instance_s_standby_goes_on_and_its_return_undoes_nothing(
    four: Instances,
) -> None:
    for name in ("a", "b"):
        four.start("1/2", name)
    four.start("2/2")
    four.load()
    four.until_right()
    for _ in range(ROUNDS):
        stopped = four.dice.choice(["a", "b"])
        pid = four.running[stopped].process.pid
        four.load()
        time.sleep(four.dice.uniform(0, 1.3))  # also amid a push
        os.kill(pid, signal.SIGSTOP)
        four.until_right()
        four.load()
        four.until_right()
        os.kill(pid, signal.SIGCONT)
    four.load()
    four.until_right()
    four.prove()
    raced = [four.running[name].seen("committed") for name in ("a", "b")]
    assert all(raced), "one of them never won"


def test_a_new_split_needs_no_migration(four: Instances) -> None:
    """Rolled out as a StatefulSet does it: one after the other, both splits at once meanwhile."""
    old = [f"{index}/4" for index in range(1, 5)]
    for name in old:
        four.start(name)
    four.load()
    four.until_right()
    for name in reversed(old):
        four.load()
        time.sleep(four.dice.uniform(0, 1.3))
        four.kill(name)
        if name != "4/4":
            four.start(f"{name[0]}/3")
    four.until_right()
    four.load()
    four.until_right()
    four.prove(overtaken=True)
