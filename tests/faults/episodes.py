"""What goes wrong, where, when and for how long: all of it from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from tests.repo.relay import Relay, Weather

APPS: Final = ("checkout", "search")
LEAST, MOST = 2, 40
GOAL: Final = 100
_NEAR = 0.15
"""A load this near to what the count takes may be let be: the HPA's tolerance is 0.1."""

Where = Literal["prometheus", "git", "reconciler", "service"]
Loads = dict[str, int]

_WHERE: Final[tuple[Where, ...]] = ("prometheus", "git", "git", "reconciler", "service")


@dataclass(frozen=True, slots=True)
class Episode:
    """One fault, and what is asked for while it lasts."""

    number: int
    where: Where
    what: str
    lasts: float
    into_it: float
    """Seconds between the new load and the fault; below 0 the fault comes first."""
    loads: tuple[Loads, ...]
    """Of these only the last one holds when the fault is over."""
    alerts: bool
    """Whether an alert wakes the service, as far as it hears it."""
    rival: Literal["", "readme", "policy"]
    """What somebody else commits meanwhile."""
    dice: float


def wanted(load: int) -> int:
    """The count that a load asks for."""
    return min(MOST, max(LEAST, -(-load // GOAL)))


def turn(relay: Relay, what: str, dice: float) -> None:
    """Lets this fault begin."""
    _FAULTS[what](relay, dice)


def _weather(make: Callable[[float], Weather]) -> Callable[[Relay, float], None]:
    return lambda relay, dice: relay.turn(make(dice))


_FAULTS: Final[dict[str, Callable[[Relay, float], None]]] = {
    "latency": _weather(lambda dice: Weather(latency=0.02 + dice / 4)),
    "throttling": _weather(lambda dice: Weather(rate=20 + 2_000 * dice)),
    "reset": _weather(lambda dice: Weather(answers=int(3_000 * dice), end="reset")),
    "truncation": _weather(lambda dice: Weather(answers=int(3_000 * dice), end="close")),
    "half open": _weather(lambda dice: Weather(answers=int(3_000 * dice))),
    "black hole": _weather(lambda _: Weather(answers=0, requests=False)),
    "hanging": lambda relay, _: relay.hang(),
    "down": lambda relay, _: relay.refuse(),
}
_SIGNALS: Final = ("SIGKILL", "SIGKILL and a lost disk", "SIGSTOP", "SIGTERM")


def episodes(seed: int, count: int, *, one_life: bool = False) -> Iterator[Episode]:
    """So many, each unlike the one before; in one life the process is never ended."""
    rng = Random(f"faults {seed}")
    loads = dict.fromkeys(APPS, 3 * GOAL)
    for number in range(count):
        episode = _episode(rng, number, loads, one_life=one_life)
        loads = episode.loads[-1]
        yield episode


def _episode(rng: Random, number: int, before: Loads, *, one_life: bool) -> Episode:
    where = rng.choice(_WHERE)
    signals = ("SIGSTOP",) if one_life else _SIGNALS
    what = rng.choice(signals if where == "service" else tuple(_FAULTS))
    moved = rng.choice([APPS, APPS[:1], APPS[1:]])
    stages = [before]
    for _ in range(rng.choice([1, 1, 1, 2])):
        stages.append({app: _moved(rng, app, stages) if app in moved else before[app]
                       for app in APPS})  # fmt: skip
    return Episode(
        number=number,
        where=where,
        what=what,
        lasts=rng.uniform(0.1, 0.8),
        into_it=rng.uniform(-0.3, 0.2),
        loads=tuple(stages[1:]),
        alerts=rng.random() < 0.7,
        rival=rng.choice(["", "", "readme", "policy"]),
        dice=rng.random(),
    )


def _moved(rng: Random, app: str, stages: list[Loads]) -> int:
    """A load that asks for another count than any of the loads before it."""
    counts = [wanted(loads[app]) for loads in stages]
    while True:
        load = rng.randint(1, (MOST + 5) * GOAL)
        far = all(abs(load / (GOAL * count) - 1) > _NEAR for count in counts)
        if far and wanted(load) not in counts:
            return load
