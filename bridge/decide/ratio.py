"""A ratio knows the way and not how far: its raise is held where it would wind up.

Between a commit and what a metric makes of it lie the dead time and the time over which the metric
is averaged. Meanwhile a ratio shows the load of the few that lived, in each period again. Totals
(`AverageValue`) know how far, and are not held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bridge.decide.behavior import Changes, rate_limit
from bridge.decide.question import Asked
from bridge.decide.recall import Known
from bridge.decide.wish import Wish
from bridge.decide.wishes import Wished
from bridge.evaluate.reading import Observation
from bridge.policy.model import ScalingPolicy


def without_wind_up(
    wished: Wished,
    observation: Observation,
    known: Known,
    found: Asked,
    failures: Mapping[str, int] | None = None,
) -> Asked:
    """The wishes, with ratios raised only as far as what lived bears out.

    `failures` are those in a row before now, by which the wishes were found.
    """
    if not any([wish.ratio for wish in found.wishes]):
        return found
    raising, spans = _Raising(wished, observation, known, failures), _spans(wished.policy)
    wishes = (
        raising.held(wish, place, span) if _raises(wish, known.committed) else wish
        for place, (wish, span) in enumerate(zip(found.wishes, spans, strict=True))
    )
    return replace(found, wishes=tuple(wishes))


def ratio_window(policy: ScalingPolicy, found: Asked, committed: int) -> float:
    """Seconds of the past that raising ratios depend on."""
    if not any([wish.ratio for wish in found.wishes]):
        return 0.0
    spans = zip(found.wishes, _spans(policy), strict=True)
    raising = (span for wish, span in spans if span and _raises(wish, committed))
    return max((span + policy.spec.polling_interval for span in raising), default=0.0)


def _raises(wish: Wish, committed: int) -> bool:
    return wish.ratio and wish.replicas is not None and wish.replicas > committed


def _spans(policy: ScalingPolicy) -> list[float]:
    """How long each wish's value was averaged, in seconds."""
    spans = [metric.span for metric in policy.spec.metrics]
    return [max(spans)] if policy.spec.scaling_modifiers else spans


class _Raising:
    """A raise by ratios, beside the last change."""

    def __init__(
        self,
        wished: Wished,
        observation: Observation,
        known: Known,
        failures: Mapping[str, int] | None,
    ) -> None:
        self._wished = wished
        self._failures = failures
        self._policy = wished.policy
        self._now = observation.now
        self._past = observation.past
        self._known = known

    def held(self, wish: Wish, place: int, span: float) -> Wish:
        """At most one step of the scaling policies, and no more than the ratio asks of the few."""
        few, committed = self._few(span), self._known.committed
        if few is None or wish.replicas is None:
            return wish
        asked = self._wished.asked(replace(self._now, ready=few), committed, self._failures)
        then = asked.wishes[place]
        reach = rate_limit("up", few, self._policy.spec.behavior.scale_up, Changes())
        most = max(committed, min(reach, then.replicas or 0))
        if wish.replicas <= most:
            return wish
        why = f"raised to {most} at most ({few} of {committed} were ready while it was measured)"
        return replace(wish, replicas=most, text=f"{wish.text}, {why}")

    def _few(self, span: float) -> int | None:
        """The fewest that were ready since its span began; None where no change matters."""
        begin, ready = self._now.at - timedelta(seconds=span), self._now.ready
        if ready is None or not self._is_fresh(span):
            return None
        counts = [m.ready for m in self._past.moments if m.at >= begin and m.ready]
        few = min([ready, *counts])
        return few if few < self._known.committed else None

    def _is_fresh(self, span: float) -> bool:
        """Whether the last change is on its way, or landed within the span."""
        newest, now = self._known.rollouts.newest, self._now.at
        if newest is None or not newest.settled:
            return self._known.in_flight(now, self._policy.spec.in_flight_timeout)
        ages = [change.age(now) for change in self._known.changes]
        return newest.seconds is not None and min(ages) - newest.seconds < span
