"""The rollouts of each target, measured in Prometheus; what has ended is asked for once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.decide.dead_time import Rollout, Rollouts
from bridge.decide.recall import Scaled
from bridge.decide.rollout import RECORD_S, Watch, rollout, watches
from bridge.errors import MetricsUnavailable
from bridge.evaluate.asking import Asking
from bridge.evaluate.ready import own_ready_query
from bridge.policy.model import ScalingPolicy

_LATE = timedelta(minutes=1)
"""A sample may come this late; what ended before has its last word."""

_TIDY = timedelta(hours=1)

_MOST_OF_A_MEMBER = 3
"""Of each workload of a fleet: where thousands changed, a new process asks for all of these."""

_UNMEASURED = Rollouts((Rollout(ours=True, settled=True, seen=True),))
"""Where a fleet's own query would be asked as a whole for each: ready replicas are known now."""

_Ended = dict[tuple[str | None, Scaled, float], tuple[datetime, Rollout]]
"""What became of a change, and until when it was looked for."""


class RolloutLog:
    """Asks for rollouts, and keeps those that have ended: a mere cache."""

    def __init__(self) -> None:
        self._ended: dict[str, _Ended] = {}
        self._tidied = datetime.min.replace(tzinfo=UTC)

    async def of(
        self, policy: ScalingPolicy, changes: Sequence[Scaled], asking: Asking
    ) -> Rollouts:
        """The rollouts of the policy's target, newest first."""
        if policy.is_member and policy.spec.ready_replicas_query:
            return _UNMEASURED
        self._tidy(asking.now)
        ended = self._ended.get(policy.title, {})
        most = _MOST_OF_A_MEMBER if policy.is_member else None
        looks = [
            _Look(policy, watch, asking)
            for watch in watches(changes, asking.now, policy.spec.in_flight_timeout)[:most]
        ]
        try:
            found = await _found(looks, ended)
            if looks and not found[0].settled:
                found[0] = await looks[0].late(found[0])
        except MetricsUnavailable as error:
            return Rollouts(error=str(error))
        told = zip(looks, found, strict=True)
        self._ended[policy.title] = {
            look.key: (look.until, one) for look, one in told if look.has_ended(one)
        }
        return Rollouts(tuple(found))

    def _tidy(self, now: datetime) -> None:
        """Nobody asks for what is older than the record: of targets that are gone, that is all."""
        if now < self._tidied + _TIDY:
            return
        self._tidied, since = now, now - timedelta(seconds=RECORD_S)
        self._ended = {
            title: ended
            for title, ended in self._ended.items()
            if any(change.at >= since for _, change, _ in ended)
        }


async def _found(looks: Sequence[_Look], ended: _Ended) -> list[Rollout]:
    """What became of each; only what isn't known costs a task."""
    known = {look.key: look.known(ended) for look in looks}
    new = [look for look in looks if known[look.key] is None]
    asked = await asyncio.gather(*(look.found() for look in new)) if new else ()
    news = {look.key: found for look, found in zip(new, asked, strict=True)}
    return [known[look.key] or news[look.key] for look in looks]


class _Look:
    """One watch for one rollout."""

    def __init__(self, policy: ScalingPolicy, watch: Watch, asking: Asking) -> None:
        self.key = (own_ready_query(policy), watch.change, watch.step)
        self.until = watch.end
        self._policy = policy
        self._watch = watch
        self._asking = asking

    async def found(self) -> Rollout:
        """What became of it until it was overtaken or timed out."""
        return await self._asked(self._watch)

    def known(self, ended: _Ended) -> Rollout | None:
        """The same as it was found before, where it holds still."""
        until, found = ended.get(self.key, (None, None))
        return found if found and (until == self.until or self._is_settled_by(found)) else None

    def _is_settled_by(self, found: Rollout) -> bool:
        """Not where a commit came late to the branch, and overtook the change before that."""
        return found.seconds is not None and self._settled_at(found.seconds) <= self.until

    def _settled_at(self, seconds: float) -> datetime:
        return self._watch.change.at + timedelta(seconds=seconds)

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
        end = self.until if found.seconds is None else self._settled_at(found.seconds)
        return end < self._asking.now - _LATE
