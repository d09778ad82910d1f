"""The load of the demo's shop over one run: a quiet day, a sale, and quiet again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import sin, tau
from typing import Final

NOMINAL: Final = 105.0  # seconds of a run whose pace is 1
POLLING: Final = 15.0  # the policies' pollingInterval; all tick when it divides the time of day
_LEAST_QUIET: Final = 3.0
_AFTER_TICK: Final = 4.0  # the next one comes before new pods are ready, and agrees

# Share of the sale's peak, by seconds after its opening.
_SALE: Final = (
    (0.0, 0.0),
    (1.0, 0.7),  # the newsletter is out: so steep that only an alert is quick enough
    (16.0, 0.7),
    (21.0, 1.0),  # slow growth, which a tick sees before it hurts
    (38.0, 1.0),
    (39.0, 0.0),  # sold out
)
_WOBBLE: Final = 0.015
_WOBBLE_PERIOD: Final = 7.3


@dataclass(frozen=True, slots=True)
class Sale:
    """When the sale opens, in seconds of the story, and how long it lasts (pace 1: 39 s)."""

    opens: float = float("inf")
    pace: float = 1.0

    @classmethod
    def after_tick(cls, now: float, pace: float) -> Sale:
        """Opens just after the policies ticked, so that the alert has to wake them."""
        earliest = now + _LEAST_QUIET * pace
        tick = earliest + -earliest % POLLING
        return cls(tick - now + _AFTER_TICK, pace)

    def share(self, elapsed: float) -> float:
        """How much of the peak there is, from 0 to 1."""
        moment = max(0.0, (elapsed - self.opens) / self.pace)
        for (start, low), (end, high) in pairwise(_SALE):
            if moment <= end:
                return low + (high - low) * (moment - start) / (end - start)
        return _SALE[-1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How much one workload is asked for: requests (or orders) per second."""

    quiet: float
    peak: float

    def at(self, elapsed: float, sale: Sale) -> float:
        """The demand `elapsed` seconds into the story, with a little wobble."""
        demand = self.quiet + (self.peak - self.quiet) * sale.share(elapsed)
        return demand * (1 + _WOBBLE * sin(tau * elapsed / _WOBBLE_PERIOD))
