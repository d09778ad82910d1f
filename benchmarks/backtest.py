"""What a backtest costs: a month of decisions at 15 s ticks, and where its time goes.

    python benchmarks/backtest.py           a month each, some seconds
    python benchmarks/backtest.py --quick   three days each

Alternative: the closed loop as it was, which walked second by second and asked anew for all of a
window at every tick; it lives on here for the comparison alone. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import math
import pstats
import random
import sys
import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bridge.backtest.closed_loop import BEGIN, Loop, Run, run, run_live
from bridge.backtest.load import Load
from bridge.backtest.workload import Given, of_trace
from bridge.batch.batcher import Batcher, Debounce
from bridge.decide.dead_time import Rollouts
from bridge.decide.decide import decide
from bridge.decide.recall import Known, Scaled
from bridge.decide.rollout import rollout, watches
from bridge.decide.window import window_to_know
from bridge.evaluate.reading import Moment, Observation, Past, Reading
from bridge.policy.model import ScalingPolicy
from tests.policy.given import metric, policy

TICK = 15
RECONCILE, START = 20, 10
QUIET, UP = Debounce(10, 30), Debounce(1, 5)
LIVE = "live HPA"
LINEAR = {**metric("load"), "forecast": {"type": "linear", "window": "10m"}}
SHARE = {**metric("load", 1, "Value")}
KINDS = {
    "total": policy(maxReplicas=50),
    "ratio": policy(maxReplicas=50, metrics=[SHARE]),
    "forecast": policy(maxReplicas=50, metrics=[LINEAR]),
    LIVE: policy(maxReplicas=50),
}


def noisy_days(days: int) -> Load:
    """Day and night between 300 and 1600 a second, with 10 % noise at each tick."""
    draw, ticks = random.Random(7), days * 86_400 // TICK
    noise = [1 + 0.1 * draw.uniform(-1, 1) for _ in range(ticks)]
    day = [(1 - math.cos(2 * math.pi * n * TICK / 86_400)) / 2 for n in range(ticks)]
    amounts = [(300 + 1300 * share) * by for share, by in zip(day, noise, strict=True)]
    return Load([n * TICK for n in range(ticks)], amounts, ticks * TICK)


@dataclass(frozen=True, slots=True)
class Took:
    """Decisions, commits, and the seconds of one core that they took."""

    decisions: int
    commits: int
    cpu: float

    @property
    def rate(self) -> float:
        """Decisions a second."""
        return self.decisions / self.cpu


def timed(play: Callable[[], Run]) -> Took:
    """A run, with its time on the processor."""
    begin = time.process_time()
    found = play()
    return Took(found.ticks, len(found.commits), time.process_time() - begin)


def played(kind: str, load: Load) -> Callable[[], Run]:
    """The simulator over that load."""
    workload = of_trace(KINDS[kind], load, Given(capacity=110))
    loop = Loop(
        metrics=workload.meters, reconcile=RECONCILE, start=START, debounce=QUIET, scale_up=UP
    )
    if kind == LIVE:
        return lambda: run_live(workload.policy, loop, workload.need, 3)
    return lambda: run(workload.policy, loop, workload.need, 3)


def second_by_second(given: ScalingPolicy, load: Load) -> Took:
    """The loop as it was: every second is walked through, and no answer is kept."""
    begin, old = time.process_time(), _SecondBySecond(given, load)
    for second in range(load.end):
        old.step(second)
    return Took(load.end // TICK, old.commits, time.process_time() - begin)


class _SecondBySecond:
    def __init__(self, given: ScalingPolicy, load: Load) -> None:
        self.commits = 0
        self._policy = given
        self._load = load
        self._committed = 3
        self._pods = [0.0] * 3
        self._coming: list[tuple[float, int]] = []
        self._batcher = Batcher(QUIET, UP)
        self._changes: list[Scaled] = []
        self._ready: list[int] = []
        self._moments: list[Moment] = []

    def step(self, second: int) -> None:
        while self._coming and self._coming[0][0] <= second:
            _, count = self._coming.pop(0)
            del self._pods[count:]
            self._pods += [second + START] * (count - len(self._pods))
        self._ready.append(sum(ready_at <= second for ready_at in self._pods))
        if second % TICK == 0:
            self._decide(second)
        due = self._batcher.due_at
        if due is not None and due <= second:
            self._commit(second)

    def _decide(self, second: int) -> None:
        at = BEGIN + timedelta(seconds=second)
        now = Moment(at, (Reading("load", self._load.at(second)),), self._ready[-1])
        rollouts = self._measured(second)
        window = window_to_know(self._policy, now, self._committed, rollouts.dead_time)
        since = at - timedelta(seconds=window)
        first = bisect_left(self._moments, since, key=lambda moment: moment.at)
        past = Past(tuple(self._moments[first:]), since=since) if window else Past()
        known = Known(self._committed, tuple(self._changes), None, rollouts)
        self._batcher.put(decide(self._policy, Observation(now, past), known), second)
        self._moments.append(now)

    def _measured(self, second: int) -> Rollouts:
        found, at = [], BEGIN + timedelta(seconds=second)
        for watch in watches(self._changes, at, self._policy.spec.in_flight_timeout):
            start = (watch.change.at - BEGIN).total_seconds()
            steps = range(int((watch.end - watch.change.at).total_seconds() / watch.step) + 1)
            ready = {n: float(self._ready[round(start + n * watch.step)]) for n in steps}
            found.append(rollout(watch, ready))
        return Rollouts(tuple(found))

    def _commit(self, second: int) -> None:
        for one in self._batcher.take():
            at, by = BEGIN + timedelta(seconds=second), one.desired - one.current
            self._changes.insert(0, Scaled(at, by, one.desired, ours=True))
            self._coming.append((second + RECONCILE, one.desired))
            self._committed = one.desired
            self.commits += 1


def hot(play: Callable[[], Run], most: int = 8) -> list[dict[str, Any]]:
    """Where the time goes: the functions that take the most of it, without what they call."""
    profile = cProfile.Profile()
    profile.runcall(play)
    stats = pstats.Stats(profile)
    whole = stats.total_tt  # type: ignore[attr-defined] # typeshed does not know it
    rows = sorted(stats.stats.items(), key=lambda row: -row[1][2])[:most]  # type: ignore[attr-defined] # nor this
    return [
        {"where": f"{Path(file).name}:{line} {name}", "percent": round(100 * own / whole, 1)}
        for (file, line, name), (_, _, own, _, _) in rows
    ]


def main() -> None:
    """Measures, tells as it goes, and sums up as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three days, not thirty")
    days = 3 if parser.parse_args().quick else 30
    load, facts = noisy_days(days), dict[str, Any](days=days)
    for kind in KINDS:
        took = timed(played(kind, load))
        facts[kind] = {"decisions": took.decisions, "cpu_s": round(took.cpu, 2)}
        facts[kind] |= {"per_second": round(took.rate), "commits": took.commits}
        facts[kind]["month_s"] = round(172_800 / took.rate, 2)
        print(f"{kind:>10}: {took.rate:8.0f} decisions/s, a month {172_800 / took.rate:.1f} s")
    day = noisy_days(1)
    old, new = second_by_second(KINDS["total"], day), timed(played("total", day))
    facts["second_by_second"] = {"per_second": round(old.rate), "commits": old.commits}
    facts["times_faster"] = round(new.rate / old.rate, 1)
    facts["same_commits"] = old.commits == new.commits
    print(f" as it was: {old.rate:8.0f} decisions/s on a day, now {new.rate / old.rate:.1f} times")
    facts["profile"] = hot(played("total", day))
    for row in facts["profile"]:
        print(f"{row['percent']:10.1f} % {row['where']}")
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
