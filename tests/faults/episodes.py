"""What goes wrong, where, when and for how long: all of it from a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
Kind = tuple[Where, str]
Loads = dict[str, int]
RELAYED: Final[tuple[Where, ...]] = ("prometheus", "git", "reconciler")


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
    rival: Literal["", "readme", "policy", "manifest"]
    """What somebody else commits meanwhile."""
    races: Literal["", "before_advertise", "before_receive"]
    """At which moment of a push of ours it comes, where the remote is HTTP."""
    dice: float


def wanted(load: int) -> int:
    """The count that a load asks for."""
    return min(MOST, max(LEAST, -(-load // GOAL)))


def turn(relay: Relay, episode: Episode) -> None:
    """Lets its fault begin."""
    dice, share = episode.dice, int(episode.dice * _ANSWERS[episode.where])
    match episode.what:
        case "latency":
            relay.turn(Weather(latency=0.02 + dice / 4))
        case "throttling":
            relay.turn(Weather(rate=20 + 2_000 * dice))
        case "reset":
            relay.turn(Weather(answers=share, end="reset"))
        case "truncation":
            relay.turn(Weather(answers=share, end="close"))
        case "half open":
            relay.turn(Weather(answers=share))
        case "black hole":
            relay.turn(Weather(answers=0, requests=False))
        case "hanging":
            relay.hang()
        case _:
            relay.refuse()


_ANSWERS: Final = {"prometheus": 400, "git": 3_000, "reconciler": 120}
"""Bytes of an answer or a few: within them a fault that cuts answers comes."""
FAULTS: Final = (
    "latency", "throttling", "reset", "truncation", "half open", "black hole", "hanging", "down",
)  # fmt: skip
SIGNALS: Final = ("SIGKILL", "SIGKILL and a lost disk", "SIGSTOP", "SIGTERM")
KINDS: Final[tuple[Kind, ...]] = (
    *((where, what) for where in RELAYED for what in FAULTS),
    *(("git", what) for what in FAULTS),  # twice as often
    *(("service", signal) for signal in SIGNALS for _ in range(2)),
)
IN_ONE_LIFE: Final = tuple(kind for kind in KINDS if kind[1] not in SIGNALS or kind[1] == "SIGSTOP")


def episodes(seed: int, count: int, kinds: Sequence[Kind] = KINDS) -> Iterator[Episode]:
    """So many, each unlike the one before.

    Kinds are dealt as cards are: seeds that follow each other go through all before any again.
    """
    rng = Random(f"faults {seed}")
    loads = dict.fromkeys(APPS, 3 * GOAL)
    for number in range(count):
        episode = _episode(rng, number, _dealt(kinds, seed * count + number), loads)
        loads = episode.loads[-1]
        yield episode


def _dealt(kinds: Sequence[Kind], number: int) -> Kind:
    deck, card = divmod(number, len(kinds))
    return Random(f"deck {deck}").sample(kinds, len(kinds))[card]


def _episode(rng: Random, number: int, kind: Kind, before: Loads) -> Episode:
    where, what = kind
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
        rival=rng.choice(["", "", "readme", "policy", "manifest"]),
        races=rng.choice(["", "before_advertise", "before_receive"]),
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
