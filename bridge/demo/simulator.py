"""Workloads under load: pods that take time to start, and what too few of them cost. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from bridge.demo.load import NOMINAL, Demand, Sale

STARTUP_SECONDS: Final = 3.0
STAGGER_SECONDS: Final = 0.4  # each further pod of one scale-up is ready this much later
_IDLE_LATENCY: Final = 0.06
_REFUSED_LATENCY: Final = 2.0  # what a request more waits for each full house before it

Key = tuple[str, str, str]
Kind = Literal["Deployment", "StatefulSet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What one pod of it can serve, what its policy wants it to serve, and the demand."""

    kind: Kind
    name: str
    replicas: int
    capacity: float
    goal: float
    demand: Demand
    unit: str = "req/s"
    queued: bool = False
    namespace: str = "shop"

    @property
    def key(self) -> Key:
        return self.kind, self.namespace, self.name


@dataclass(slots=True, kw_only=True)
class Pod:
    """One replica, ready from a moment on."""

    name: str
    ready_at: float


@dataclass(slots=True)
class Running:
    """One workload as it runs."""

    workload: Workload
    now: float = 0.0
    load: float = 0.0
    served: float = 0.0
    refused: float = 0.0
    backlog: float = 0.0
    short_seconds: float = 0.0
    unscaled_seconds: float = 0.0
    pods: list[Pod] = field(default_factory=list)

    @property
    def ready(self) -> int:
        """Replicas that serve."""
        return sum(pod.ready_at <= self.now for pod in self.pods)

    @property
    def busy(self) -> float:
        """The share of the ready pods' workers that is taken: 1 is all that a gauge can say."""
        room = self.ready * self.workload.capacity
        return min(1.0, (self.load + self.backlog) / room) if room else 1.0

    @property
    def strain(self) -> float:
        """The load per ready pod as a share of what the policy wants: 1 is on target."""
        return self.load / (max(self.ready, 1) * self.workload.goal)

    @property
    def latency(self) -> float:
        """The 95th percentile of the time to answer, in seconds."""
        room = max(self.ready, 1) * self.workload.capacity
        overload = max(0.0, self.load / room - 1)
        return _IDLE_LATENCY / (1 - min(self.busy, 0.9)) + _REFUSED_LATENCY * overload

    def scale(self, replicas: int) -> None:
        """Adds pods that start, or takes the newest away."""
        del self.pods[replicas:]
        missing = range(len(self.pods), replicas)
        for place, number in enumerate(missing):
            ready_at = self.now + STARTUP_SECONDS + STAGGER_SECONDS * place
            self.pods.append(Pod(name=f"{self.workload.name}-{number}", ready_at=ready_at))

    def advance(self, load: float, seconds: float) -> None:
        """Serves `load` for `seconds`; what exceeds the room waits (a queue) or is refused."""
        self.now += seconds
        self.load = load
        room = self.ready * self.workload.capacity * seconds
        wanted = load * seconds + self.backlog
        done = min(wanted, room)
        self.served += done
        self.backlog = wanted - done if self.workload.queued else 0.0
        self.refused += 0.0 if self.workload.queued else wanted - done
        if load > self.ready * self.workload.capacity:
            self.short_seconds += seconds
        if load > self.workload.replicas * self.workload.capacity:
            self.unscaled_seconds += seconds


class Shop:
    """All workloads of the demo, moved forward in time together."""

    def __init__(self, workloads: Iterable[Workload], seconds: float = NOMINAL) -> None:
        self.seconds = seconds
        self.sale = Sale()
        self._running = {workload.key: _started(workload) for workload in workloads}

    def __iter__(self) -> Iterator[Running]:
        return iter(self._running.values())

    def advance(self, elapsed: float, step: float) -> None:
        """Moves everything `step` seconds on; `elapsed` is the place in the story's load."""
        for running in self:
            running.advance(running.workload.demand.at(elapsed, self.sale), step)

    def apply(self, key: Key, replicas: int) -> bool:
        """Sets a workload's count; tells whether that changed anything."""
        running = self._running.get(key)
        if running is None or len(running.pods) == replicas:
            return False
        running.scale(replicas)
        return True


def _started(workload: Workload) -> Running:
    running = Running(workload, load=workload.demand.quiet)
    running.scale(workload.replicas)
    for pod in running.pods:
        pod.ready_at = 0.0
    return running


WORKLOADS: Final = (
    Workload(
        kind="Deployment",
        name="checkout",
        replicas=2,
        capacity=130,
        goal=100,
        demand=Demand(quiet=170, peak=750),
    ),
    Workload(
        kind="Deployment",
        name="search",
        replicas=2,
        capacity=120,
        goal=72,
        demand=Demand(quiet=130, peak=340),
    ),
    Workload(
        kind="StatefulSet",
        name="worker",
        replicas=2,
        capacity=40,
        goal=25,
        demand=Demand(quiet=45, peak=130),
        unit="orders/s",
        queued=True,
    ),
)
