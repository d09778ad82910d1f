"""Answers about many workloads: a vector's samples, or a matrix' series, by whom their labels name.

A sample that names nobody is nobody's; a workload that none names has no data.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bridge.errors import MetricsUnavailable
from bridge.evaluate.reading import one_sample, samples
from bridge.manifest.target import Target

Item = Mapping[str, Any]
"""A sample or a series of the query API: `metric` with its labels, and `value` or `values`."""

_MOST_STEPS = 11_000  # Prometheus' own limit for each series of a range query
_MOST_POINTS = 500_000  # of one answer: some 12 MB of JSON
_MOST_POINTS_OF_A_PAST = 10_000_000


@dataclass(frozen=True, slots=True)
class Naming:
    """Which labels name a workload; without a namespace label, its name alone does."""

    name: str
    namespace: str | None

    def shown(self, target: Target) -> str:
        """The labels of the samples that are this target's."""
        wanted = {self.name: target.name}
        if self.namespace and target.namespace:
            wanted[self.namespace] = target.namespace
        return ", ".join(f"{label}={json.dumps(value)}" for label, value in wanted.items())


class Named:
    """A query's answer, by workload."""

    def __init__(self, query: str, naming: Naming, items: Iterable[Item]) -> None:
        self._query = query
        self._naming = naming
        self._by_place: dict[tuple[str, str], list[Item]] = defaultdict(list)
        self._by_name: dict[str, list[Item]] = defaultdict(list)
        for item in items:
            if not isinstance(item, Mapping):
                raise MetricsUnavailable(f"{query!r}: expected a sample for each workload")
            labels = item["metric"]
            name = labels.get(naming.name, "")
            self._by_place[labels.get(naming.namespace, ""), name].append(item)
            self._by_name[name].append(item)

    def __len__(self) -> int:
        return sum(map(len, self._by_name.values()))

    def value(self, target: Target) -> float:
        """The target's one finite sample.

        Raises:
            MetricsUnavailable: none, several, or no finite number.
        """
        try:
            return one_sample(self._query, self._of(target))
        except MetricsUnavailable as error:
            raise MetricsUnavailable(f"{error} for {self._naming.shown(target)}") from error

    def history(self, target: Target) -> dict[float, float]:
        """The target's finite values by Unix time; none where no series is its own.

        Raises:
            MetricsUnavailable: several series, or no numbers.
        """
        try:
            return samples(self._query, self._of(target))
        except MetricsUnavailable as error:
            raise MetricsUnavailable(f"{error} for {self._naming.shown(target)}") from error

    def unclaimed(self, targets: Collection[Target]) -> int:
        """How many samples are none of these targets'."""
        return len(self) - sum(len(self._of(target)) for target in targets)

    def _of(self, target: Target) -> list[Item]:
        """A manifest without a namespace may be placed into any by its tool."""
        if target.namespace is None or self._naming.namespace is None:
            return self._by_name.get(target.name, [])
        return self._by_place.get((target.namespace, target.name), [])


def joined(parts: Sequence[Sequence[Item]]) -> list[Item]:
    """The series of one matrix that was asked for in parts, told apart by all their labels."""
    if len(parts) == 1:
        return list(parts[0])
    found: dict[frozenset[tuple[str, str]], dict[str, Any]] = {}
    for series in (item for part in parts for item in part):
        whole = found.setdefault(
            frozenset(series["metric"].items()), {"metric": series["metric"], "values": []}
        )
        whole["values"] += series["values"]
    return list(found.values())


def spans(
    start: datetime, end: datetime, step: float, series: int
) -> Iterator[tuple[datetime, datetime]]:
    """The parts in which so many series are to be asked for, each from its first step to its last.

    Raises:
        MetricsUnavailable: even in parts it would be too much.
    """
    steps = int((end - start).total_seconds() / step) + 1
    if steps * series > _MOST_POINTS_OF_A_PAST:
        raise MetricsUnavailable(
            f"{series:,} series of {steps:,} steps each are too many: "
            "a longer pollingInterval or a shorter window is needed"
        )
    at_once = max(1, min(_MOST_STEPS, _MOST_POINTS // max(1, series)))
    for first in range(0, steps, at_once):
        last = min(first + at_once, steps) - 1
        yield start + timedelta(seconds=first * step), start + timedelta(seconds=last * step)
