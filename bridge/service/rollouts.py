"""The rollouts of each target, measured in Prometheus; what has ended is asked for once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bridge.decide.dead_time import Rollout, Rollouts
from bridge.decide.recall import Scaled
from bridge.decide.rollout import Watch, rollout, watches
from bridge.errors import MetricsUnavailable
from bridge.evaluate.asking import Asking
from bridge.evaluate.ready import own_ready_query
from bridge.policy.model import ScalingPolicy

_LATE = timedelta(minutes=1)
"""A sample may come this late; what ended before has its last word."""

_MOST_OF_A_MEMBER = 3
"""Of each workload of a fleet: where thousands changed, a new process asks for all of these."""

_UNMEASURED = Rollouts((Rollout(ours=True, settled=True, seen=True),))
"""Where a fleet's own query would be asked as a whole for each: ready replicas are known now."""

_Ended = dict[tuple[str | None, Scaled, float], Rollout]


class RolloutLog:
    """Asks for rollouts, and keeps those that have ended: a mere cache."""

    def __init__(self) -> None:
        self._ended: dict[str, _Ended] = {}

    async def of(
        self, policy: ScalingPolicy, changes: Sequence[Scaled], asking: Asking
    ) -> Rollouts:
        """The rollouts of the policy's target, newest first."""
        if policy.is_member and policy.spec.ready_replicas_query:
            return _UNMEASURED
        known = self._ended.get(policy.title, {})
        most = _MOST_OF_A_MEMBER if policy.is_member else None
        looks = [
            _Look(policy, watch, asking)
            for watch in watches(changes, asking.now, policy.spec.in_flight_timeout)[:most]
        ]
        try:
            found = await _found(looks, known)
            if looks and not found[0].settled:
                found[0] = await looks[0].late(found[0])
        except MetricsUnavailable as error:
            return Rollouts(error=str(error))
        told = zip(looks, found, strict=True)
        self._ended[policy.title] = {look.key: one for look, one in told if look.has_ended(one)}
        return Rollouts(tuple(found))


async def _found(looks: Sequence[_Look], known: _Ended) -> list[Rollout]:
    """What became of each; only what isn't known costs a task."""
    new = [look for look in looks if look.key not in known]
    asked = await asyncio.gather(*(look.found() for look in new)) if new else ()
    news = {look.key: found for look, found in zip(new, asked, strict=True)}
    return [known.get(look.key) or news[look.key] for look in looks]


class _Look:
    """One watch for one rollout."""

    def __init__(self, policy: ScalingPolicy, watch: Watch, asking: Asking) -> None:
        self.key = (own_ready_query(policy), watch.change, watch.step)
        self._policy = policy
        self._watch = watch
        self._asking = asking

    async def found(self) -> Rollout:
        """What became of it until it was overtaken or timed out."""
        return await self._asked(self._watch)

    async def late(self, found: Rollout) -> Rollout:
        """The same after a look at the time since its timeout, which measures nothing."""
        if self._watch.end >= self._asking.now:
            return found
        late = await self._asked(self._watch.rest(self._asking.now))
        return replace(found, settled=late.settled, seen=found.seen or late.seen)

    async def _asked(self, watch: Watch) -> Rollout:
        ready = await self._asking.ready_replicas(
            self._policy, watch.change.at, watch.end, watch.step
        )
        return rollout(watch, ready)

    def has_ended(self, found: Rollout) -> bool:
        """Whether no sample to come can change it."""
        end = self._watch.end
        if found.seconds is not None:
            end = self._watch.change.at + timedelta(seconds=found.seconds)
        return end < self._asking.now - _LATE
