"""What a metric says of a demand that so many ready replicas share. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.backtest.cluster import Cluster
from bridge.backtest.load import Amount, Load, pieces

Says = Callable[[float, int], float]
"""The metric's value by demand (work per second) and ready replicas."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A metric: of which load, what it says of it, and over how many seconds it is averaged."""

    load: Load
    says: Says | None = None
    """None: all that is asked for, whoever serves it."""
    span: int = 1
    """As by `rate(…[2m])`: 120."""

    def reads(self, cluster: Cluster) -> Callable[[int], Amount]:
        """What it says at a second, of the span that ends with it."""
        if self.says is None:
            return self.load.averaged(self.span).at
        return _Shared(self.load, self.says, self.span, cluster).at


class _Shared:
    """A metric that answers to the count."""

    def __init__(self, load: Load, says: Says, span: int, cluster: Cluster) -> None:
        self._load = load
        self._says = says
        self._span = span
        self._cluster = cluster

    def at(self, second: int) -> Amount:
        if self._span <= 1 or second < 0:
            amount = self._load.at(second)
            return None if amount is None else self._says(amount, self._cluster.ready_at(second))
        begin, cluster = max(0, second - self._span + 1), self._cluster
        known, found = 0, 0.0
        for lasts, amount, ready in pieces(
            self._load, cluster.starts, cluster.ready, begin, second + 1
        ):
            if amount is not None:
                known += lasts
                found += self._says(amount, ready) * lasts
        return found / known if known else None
