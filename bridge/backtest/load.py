"""Demand as steps: from each second on so much work per second, until the next one. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from bridge.backtest.demand import Curve

Amount = float | None
"""Work per second; None where nobody knows (a gap in the recording)."""

Piece = tuple[int, float | None, int]
"""For so many seconds: the demand, and how many replicas were ready."""


@dataclass(frozen=True, slots=True)
class Load:
    """What was asked for; whole seconds, ascending; before the first of them nobody knows."""

    starts: Sequence[int]
    amounts: Sequence[Amount]
    end: int
    """The second in which it ends."""

    @classmethod
    def of(cls, curve: Curve, before: int = 0) -> Load:
        """A curve as it is at each whole second, also those `before` its beginning."""
        starts, amounts = [], list[Amount]()
        for second in range(-before, curve.seconds):
            amount = curve.at(second)
            if not amounts or amount != amounts[-1]:
                starts.append(second)
                amounts.append(amount)
        return cls(starts, amounts, curve.seconds)

    def at(self, second: float) -> Amount:
        """The demand of a moment."""
        place = bisect_right(self.starts, second) - 1
        return None if place < 0 else self.amounts[place]

    @property
    def first(self) -> float:
        """The first demand from 0 on that is known; 0 where none is."""
        found = pieces(self, [0], [0], 0, self.end)
        return next((amount for _, amount, _ in found if amount is not None), 0.0)

    def averaged(self, span: int) -> Averaged:
        """The same, as a query with a range of so many seconds has it."""
        return Averaged(self, span)


class Averaged:
    """The mean of what is known of the last seconds, by the second; None where nothing is.

    Spans reach back to 0 and no further; before it, a second is what it is.
    """

    def __init__(self, load: Load, span: int) -> None:
        self._load = load
        self._span = span
        ends = [*load.starts[1:], load.end]
        lengths = [end - start for start, end in zip(load.starts, ends, strict=True)]
        steps = list(zip(load.amounts, lengths, strict=True))
        self._work = list(accumulate(((a or 0.0) * n for a, n in steps), initial=0.0))
        self._known = list(accumulate((n * (a is not None) for a, n in steps), initial=0))

    def at(self, second: int) -> Amount:
        """The mean of the span that ends with this second, the second included."""
        if self._span <= 1 or second < 0:
            return self._load.at(second)
        work, known = self._before(second + 1)
        earlier, less = self._before(max(0, second - self._span + 1))
        return (work - earlier) / (known - less) if known > less else None

    def _before(self, second: int) -> tuple[float, int]:
        """The work of all seconds before, and how many of them are known."""
        place = bisect_right(self._load.starts, second) - 1
        if place < 0:
            return 0.0, 0
        amount, past = self._load.amounts[place], second - self._load.starts[place]
        if amount is None:
            return self._work[place], self._known[place]
        return self._work[place] + amount * past, self._known[place] + past


def pieces(
    load: Load, starts: Sequence[int], ready: Sequence[int], begin: int, end: int
) -> Iterator[Piece]:
    """From `begin` to `end` as few pieces as have one demand and one count each."""
    demand = bisect_right(load.starts, begin) - 1
    count = max(0, bisect_right(starts, begin) - 1)
    second = begin
    while second < end:
        until = end
        if demand + 1 < len(load.starts):
            until = min(until, load.starts[demand + 1])
        if count + 1 < len(starts):
            until = min(until, starts[count + 1])
        yield until - second, load.amounts[demand] if demand >= 0 else None, ready[count]
        second = until
        demand += demand + 1 < len(load.starts) and load.starts[demand + 1] == until
        count += count + 1 < len(starts) and starts[count + 1] == until
