"""Rounds and decisions as metrics; only so many targets get series of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Final

from prometheus_client import Gauge

from bridge.decide.decision import Decision
from bridge.decide.override import Hold
from bridge.decide.reason import reason_of
from bridge.observe import metrics
from bridge.observe.metrics import OfRepo

_OF_A_TARGET: Final = (
    metrics.desired_replicas,
    metrics.committed_replicas,
    metrics.stuck_rollout,
    metrics.dead_time,
)
_KINDS: Final = ("override", "pause", "quarrel")
_Key = tuple[str, ...]
_Shown = tuple[int, int, bool, float | None]


class Counted:
    """The decisions of one state repo; the first `most` targets are listed, until they are gone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._listed: dict[_Key, _Shown] = {}
        self._fleets: set[str] = set()

    def decision(self, decision: Decision) -> None:
        """One more, and its target's series where it is listed."""
        direction = "up" if decision.raises else "down" if decision.lowers else "none"
        metrics.decisions.labels(reason_of(decision), direction).inc()
        key, shown = _key(decision), _shown(decision)
        before = self._listed.get(key)
        if shown == before or (before is None and len(self._listed) >= self._most):
            return
        self._listed[key] = shown
        metrics.desired_replicas.labels(*key).set(decision.desired)
        metrics.committed_replicas.labels(*key).set(decision.current)
        metrics.stuck_rollout.labels(*key).set(bool(decision.stuck_rollout))
        if decision.dead_time is None:
            _end(metrics.dead_time, key)
        else:
            metrics.dead_time.labels(*key).set(decision.dead_time)

    def gone(self, decision: Decision) -> None:
        """Ends the series of a target that no policy governs any more."""
        key = _key(decision)
        self._listed.pop(key, None)
        for gauge in _OF_A_TARGET:
            _end(gauge, key)

    def round(self, made: Collection[Decision]) -> None:
        """What holds of all targets together, after a round."""

        def number(wanted: Callable[[Decision], bool]) -> int:
            return sum(wanted(one) for one in made)

        metrics.targets.labels().set(len(made))
        metrics.unlisted_targets.labels().set(max(0, len(made) - len(self._listed)))
        held = Counter(_kind(one.hold) for one in made if one.hold)
        for kind in _KINDS:
            metrics.holds.labels(kind).set(held[kind])
        metrics.stuck_rollouts.labels().set(number(lambda one: bool(one.stuck_rollout)))
        longest = max((one.dead_time or 0.0 for one in made), default=0.0)
        metrics.longest_dead_time.labels().set(longest)

    def unclaimed(self, by_fleet: Mapping[str, int]) -> None:
        """Samples that named no member, of as many fleets; ends those of fleets that are gone."""
        told = dict(sorted(by_fleet.items())[: self._most])
        for fleet in self._fleets - told.keys():
            metrics.unclaimed_samples.remove(fleet)
        for fleet, samples in told.items():
            metrics.unclaimed_samples.labels(fleet).set(samples)
        self._fleets = set(told)


def _kind(hold: Hold) -> str:
    if hold.override.rivals:
        return "quarrel"
    return "pause" if hold.override.paused_until else "override"


def _end(gauge: OfRepo[Gauge], labels: _Key) -> None:
    with suppress(KeyError):  # the newer clients pass over a series that is not there
        gauge.remove(*labels)


def _shown(decision: Decision) -> _Shown:
    """What its series say; setting them again costs more than all else here."""
    stuck = bool(decision.stuck_rollout)
    return decision.desired, decision.current, stuck, decision.dead_time


def _key(decision: Decision) -> _Key:
    target = decision.target
    return decision.policy, target.kind, target.namespace or "", target.name
