"""What a target's counts and load were of late: for a chart, bounded, lost at a restart."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from datetime import UTC, datetime

_MOST = 120
_FINEST_S = 5.0
_COARSEST_S = 60.0
_WIDTH = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """At one moment; None where it was unknown."""

    at: datetime
    live: int | None
    committed: int | None
    desired: int | None
    load: float | None
    """What the policy's first metric said."""


class Samples:
    """At most 120 points of 20 bytes: 10 minutes finely; as time goes by, two hours coarsely."""

    __slots__ = ("_begin", "_spacing", "_values")

    def __init__(self) -> None:
        self._begin = 0.0
        self._spacing = _FINEST_S
        self._values = array("f")

    def add(self, sample: Sample) -> None:
        """The last sample of each span of time stays."""
        at = sample.at.timestamp()
        if not self._values:
            self._begin = at
        numbers = (sample.live, sample.committed, sample.desired, sample.load)
        point = [at - self._begin, *(math.nan if one is None else one for one in numbers)]
        before = self._values[-2 * _WIDTH] if len(self._values) > _WIDTH else -math.inf
        if point[0] - before < self._spacing:
            del self._values[-_WIDTH:]
        self._values.extend(point)
        if len(self._values) > _MOST * _WIDTH:
            self._thin()

    def _thin(self) -> None:
        if self._spacing * 2 > _COARSEST_S * 1.5:
            del self._values[:_WIDTH]
            return
        self._spacing *= 2
        points = [self._values[n : n + _WIDTH] for n in range(0, len(self._values), _WIDTH)]
        self._values = array("f")
        for point in points[::-1][::2][::-1]:
            self._values.extend(point)

    def all(self) -> list[Sample]:
        """Oldest first."""
        values = self._values
        return [self._sample(values[n : n + _WIDTH]) for n in range(0, len(values), _WIDTH)]

    def _sample(self, point: array[float]) -> Sample:
        since, *counts, load = point
        at = datetime.fromtimestamp(self._begin + since, UTC)
        live, committed, desired = (None if math.isnan(one) else round(one) for one in counts)
        return Sample(at, live, committed, desired, None if math.isnan(load) else load)
