"""The search for better settings: what each costs, and which are worth a look. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bridge.backtest.knobs import Drawing, Knobs
from bridge.backtest.load import Load

_ROUND = 8
"""Trials that are judged before the next ones are drawn; fixed, so that cores don't matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a setting comes to."""

    replica_hours: float
    under_time: float
    """Percent of the time with too few."""
    commits_per_hour: float

    def beats(self, other: Cost) -> bool:
        """Nowhere worse, and somewhere better."""
        pairs = list(zip(self._all, other._all, strict=True))
        return all(own <= theirs for own, theirs in pairs) and self != other

    @property
    def _all(self) -> tuple[float, float, float]:
        return self.replica_hours, self.under_time, self.commits_per_hour


@dataclass(frozen=True, slots=True)
class Judged:
    """The cost on what the search looks at, and on what it never saw."""

    training: Cost
    validation: Cost


@dataclass(frozen=True, slots=True)
class Trial:
    """A setting, and what it came to."""

    number: int
    knobs: Knobs
    costs: Judged


Judge = Callable[[Sequence[Knobs]], Iterable[Judged]]


def search(
    drawing: Drawing, count: int, judge: Judge, going: Callable[[], bool]
) -> Iterator[Trial]:
    """Trials as they are done: half of them from anywhere, then beside the best so far."""
    done: list[Trial] = []
    while len(done) < count and going():
        left = min(_ROUND, count - len(done))
        drawn = [_drawn(drawing, done, count) for _ in range(left)]
        for knobs, costs in zip(drawn, judge(drawn), strict=True):
            done.append(Trial(len(done) + 1, knobs, costs))
            yield done[-1]


def _drawn(drawing: Drawing, done: Sequence[Trial], count: int) -> Knobs:
    if len(done) < count / 2:
        return drawing.anywhere()
    return drawing.beside(drawing.one_of([trial.knobs for trial in front(done)]))


def front(trials: Sequence[Trial]) -> list[Trial]:
    """Those that no other beats in training, the cheapest first; of equal ones the first found."""
    firsts: dict[Cost, Trial] = {}
    for trial in trials:
        firsts.setdefault(trial.costs.training, trial)
    best = [cost for cost in firsts if not any(other.beats(cost) for other in firsts)]
    return [firsts[cost] for cost in sorted(best, key=lambda cost: cost.replica_hours)]


def within(
    trials: Sequence[Trial], max_shortage: float | None, max_cost: float | None
) -> Trial | None:
    """The cheapest with at most that percentage of time, or the least short for at most that cost.

    Both by the part that the search never saw. None where there is none.
    """
    found = [
        trial
        for trial in trials
        if (max_shortage is None or trial.costs.validation.under_time <= max_shortage)
        and (max_cost is None or trial.costs.validation.replica_hours <= max_cost)
    ]
    if max_shortage is not None:
        return min(found, key=lambda t: t.costs.validation.replica_hours, default=None)
    return min(found, key=lambda t: t.costs.validation.under_time, default=None)


def total(costs: Sequence[tuple[Cost, int]]) -> Cost:
    """Of several loads, each with its seconds."""
    seconds = sum(lasts for _, lasts in costs)
    return Cost(
        replica_hours=sum(cost.replica_hours for cost, _ in costs),
        under_time=sum(cost.under_time * lasts for cost, lasts in costs) / seconds,
        commits_per_hour=sum(cost.commits_per_hour * lasts for cost, lasts in costs) / seconds,
    )


def part(load: Load, begin: int, end: int) -> Load:
    """The load from one second to another, which become 0 and its end."""
    inside = [(s, a) for s, a in zip(load.starts, load.amounts, strict=True) if begin < s < end]
    steps = [(begin, load.at(begin)), *inside]
    return Load([s - begin for s, _ in steps], [amount for _, amount in steps], end - begin)
