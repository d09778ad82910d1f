"""Rollouts, measured in a simulated cluster as in Prometheus' series of ready replicas. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bridge.backtest.cluster import Cluster
from bridge.decide.dead_time import Rollout, Rollouts
from bridge.decide.recall import Scaled
from bridge.decide.rollout import RECORD_S, Watch, rollout, watches


class Measuring:
    """Measures anew only what may have become different."""

    def __init__(self, cluster: Cluster, begin: datetime, timeout: float) -> None:
        self._cluster = cluster
        self._begin = begin
        self._timeout = timeout
        self._changes: Sequence[Scaled] = ()
        self._ended: dict[Watch, Rollout] = {}
        self._found = Rollouts()
        self._holds_until: datetime | None = begin
        """Until when what was found stays as it is; None: until the next change."""

    def changed(self, changes: Sequence[Scaled]) -> None:
        """The log's changes, newest first, when there was another."""
        self._changes = changes
        self._holds_until = self._begin

    def rollouts(self, now: datetime) -> Rollouts:
        """What became of the changes of the last day; the same object while it is the same."""
        if self._holds_until is not None and self._holds_until <= now:
            self._found = self._measured(now)
        return self._found

    def _measured(self, now: datetime) -> Rollouts:
        found, ended = [], dict[Watch, Rollout]()
        looks = watches(self._changes, now, self._timeout)
        for watch in looks:
            known = self._ended.get(watch) or rollout(watch, self._steps(watch))
            if known.settled or watch.end < now:
                ended[watch] = known
            found.append(known)
        self._ended = ended
        forgotten = [watch.change.at + timedelta(seconds=RECORD_S) for watch in looks]
        self._holds_until = min(forgotten, default=None)
        if looks and not found[0].settled:
            self._holds_until = now
        return Rollouts(tuple(found))

    def _steps(self, watch: Watch) -> dict[int, float]:
        start = (watch.change.at - self._begin).total_seconds()
        steps = range(int((watch.end - watch.change.at).total_seconds() / watch.step) + 1)
        ready_at, step = self._cluster.ready_at, watch.step
        return {n: ready_at(round(start + n * step)) for n in steps}
