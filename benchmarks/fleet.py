"""A fleet by one policy: what a round and a commit cost, on a real Prometheus and a real repo.

Prints as its last line one JSON object:
  `members`                   how many workloads, each with a file of its own
  `vector_speedup`            asking for each workload by itself / asking one vector query for all
  `round_cpu_ms`              CPU for a round that changes nothing
  `falling_round_cpu_ms`      the same where each member wants fewer and so looks back 5 minutes
  `commit_1000_ms`            from 1,000 decisions (quick: 200) to the push, wall time
  `commit_1000_cpu_ms`        CPU of our process for it, and of its git commands
  `next_round_cpu_ms`         a round on the new tip, whose changed members are on their way
Rounds begin with a look at the remote. CPU holds git's.
Run: python benchmarks/fleet.py [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the real parts are those of the tests

from bridge.evaluate.naming import Naming
from bridge.evaluate.prometheus import Prometheus
from bridge.publish.branch import BranchPublisher
from bridge.repo.fast_import import Identity
from bridge.repo.state_repo import StateRepo
from bridge.service.outcome import Outcome
from bridge.service.rounds import Rounds
from bridge.settings.prometheus import PrometheusSettings
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.backfill import Backfilled, Series, every, ready
from tests.parts.state_repo import StateRepo as Remote

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
PAST_S = 600
STEP_S = 15
COUNT = 4
NAMING = Naming("deployment", "namespace")

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
  labels: {{app: {name}, scale: by-load}}
spec:
  replicas: {replicas}  # kept by scalebridge
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
        - name: main
          image: example/{name}:1.2.3
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
"""


def policy(query: str) -> str:
    """The one policy: 100 per replica, for everything labelled so."""
    spec: dict[str, Any] = {
        "scaleTargetSelector": {"matchLabels": {"scale": "by-load"}},
        "maxReplicas": 100,
        "metrics": [{"name": "load", "query": query, "target": {"value": 100}}],
    }
    head = {"apiVersion": "scalebridge/v1", "kind": "ScalingPolicy", "metadata": {"name": "fleet"}}
    return json.dumps({**head, "spec": spec})


def names(members: int) -> list[tuple[str, str]]:
    """Namespace and name of each."""
    return [(f"team-{number % 50}", f"service-{number}") for number in range(members)]


def recorded(members: int) -> Iterator[Series]:
    """Ten minutes of load that three replicas take, and of four that are ready."""
    start = NOW - timedelta(seconds=PAST_S)
    steps = PAST_S // STEP_S + 1
    for namespace, name in names(members):
        labels = {"namespace": namespace, "deployment": name}
        yield Series("load", every(STEP_S, start, [float(COUNT * 100)] * steps), labels)
        yield ready("Deployment", namespace, name, every(STEP_S, start, [float(COUNT)] * steps))


def remote(folder: Path, members: int) -> Remote:
    """The state repo: a file for each workload."""
    files = {
        f"apps/{namespace}/{name}.yaml": MANIFEST.format(
            name=name, namespace=namespace, replicas=COUNT
        )
        for namespace, name in names(members)
    }
    return Remote.create(folder, {**files, "policies/fleet.yaml": policy("load")})


@dataclass
class Cost:
    """Milliseconds of wall time, of our CPU, and of that of git commands."""

    wall: float = 0.0
    own: float = 0.0
    children: float = 0.0

    @property
    def cpu(self) -> float:
        """All CPU."""
        return self.own + self.children


@contextmanager
def measured() -> Iterator[Cost]:
    """What the block costs."""
    cost = Cost()
    started, own, children = time.perf_counter(), time.process_time(), _children()
    yield cost
    cost.wall = (time.perf_counter() - started) * 1000
    cost.own = (time.process_time() - own) * 1000
    cost.children = (_children() - children) * 1000


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def asked_one_by_one(source: Prometheus, members: int) -> float:
    """The named alternative: a query for each workload, eight at once."""
    queries = [
        f'load{{namespace="{namespace}",deployment="{name}"}}' for namespace, name in names(members)
    ]
    with measured() as cost:
        await asyncio.gather(*(source.instant(query, NOW) for query in queries))
    return cost.wall


async def asked_at_once(source: Prometheus) -> float:
    """One query for all of them."""
    with measured() as cost:
        await source.vector("load", NAMING, NOW)
    return cost.wall


class Fleet:
    """One process on one repo and one Prometheus; each step prints what it cost."""

    def __init__(self, origin: Remote, repo: StateRepo, source: Prometheus) -> None:
        self.origin = origin
        self.rounds = Rounds(repo, source, lambda: NOW)
        author = Identity("bench", "bench@example.org")
        self._publisher = BranchPublisher(repo, author, lambda: NOW, self.rounds.policies_at)

    async def round(self, what: str) -> tuple[list[Outcome], Cost]:
        """A look at the tip, and a decision for each member."""
        with measured() as cost:
            outcomes = await self.rounds.decide(await self.rounds.look())
        told(what, cost)
        return outcomes, cost

    async def commit(self, outcomes: Sequence[Outcome], some: int) -> Cost:
        """As if the load of some members had risen."""
        made = [one.decision for one in outcomes if one.decision]
        rising = [one.at(one.current + 3, "load asks for") for one in made[:some]]
        view = await self.rounds.look()
        with measured() as cost:
            published = await self._publisher.publish(rising, view.places.governing)
        if published.push is None or len(published.push.files) != some:
            raise RuntimeError(f"expected {some} files in one push: {published}")
        told(f"commit of {some}", cost)
        return cost


def told(what: str, cost: Cost) -> None:
    """For people."""
    print(f"{what}: {cost.wall:.0f} ms, CPU {cost.own:.0f} ms, git {cost.children:.0f} ms")


async def measure(folder: Path, url: str, members: int, some: int) -> dict[str, float]:
    """Every figure."""
    origin = remote(folder, members)
    mirror = folder / "mirror.git"
    settings = StateRepoSettings(url=origin.url, mirror=mirror, search_paths=("apps",))
    prometheus = PrometheusSettings(url=url, timeout=60)
    async with StateRepo(settings) as repo, Prometheus(prometheus) as source:
        await asked_at_once(source)
        at_once = min([await asked_at_once(source) for _ in range(5)])
        one_by_one = await asked_one_by_one(source, members)
        print(f"asked at once: {at_once:.0f} ms; one by one: {one_by_one:.0f} ms")
        fleet = Fleet(origin, repo, source)
        await fleet.round("first round, with a cold index")
        outcomes, steady = await fleet.round("round that changes nothing")
        committed = await fleet.commit(outcomes, some)
        _, after = await fleet.round("round after the commit")
        origin.write({"policies/fleet.yaml": policy("load / 2")}, "Half of it")
        _, falling = await fleet.round("round in which all want fewer")
    return {
        "members": members,
        "vector_speedup": round(one_by_one / at_once, 1),
        "round_cpu_ms": round(steady.cpu),
        "falling_round_cpu_ms": round(falling.cpu),
        "commit_1000_ms": round(committed.wall),
        "commit_1000_cpu_ms": round(committed.cpu),
        "next_round_cpu_ms": round(after.cpu),
    }


def main() -> None:
    """Starts the parts, measures, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="1,000 workloads instead of 5,000")
    quick = parser.parse_args().quick
    members, some = (1_000, 200) if quick else (5_000, 1_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Backfilled(folder / "prometheus", recorded(members)) as prometheus:
            result = asyncio.run(measure(folder, prometheus.url, members, some))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
