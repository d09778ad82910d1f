"""What no HPA needs: a fall waits where it would rest on a guess, or on pods not there yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bridge.decide.decision import Decision
from bridge.decide.question import Asked
from bridge.decide.recall import Known, asked_then, failures_before
from bridge.decide.wishes import Wished
from bridge.evaluate.reading import Observation
from bridge.policy.model import ScalingPolicy


@dataclass(frozen=True, slots=True)
class Holds:
    """Applied to a decision that was made; only ever held at the current count."""

    wished: Wished
    observation: Observation
    known: Known

    @property
    def policy(self) -> ScalingPolicy:
        """Whose scale-downs wait."""
        return self.wished.policy

    def fall(self, decision: Decision, found: Asked, then: Sequence[Asked]) -> Decision:
        """No scale-down by the metrics that they or their past do not bear out."""
        decision = self._unknown_window(self._unknown_past(decision))
        decision = self._above_target(decision, found)
        return self._in_flight(self._gaps(decision, then))

    def rest(self, decision: Decision) -> Decision:
        """No step to 0 or idle on an unknown past; its gaps count as activity before."""
        return self._in_flight(self._unknown_past(decision))

    def _unknown_past(self, decision: Decision) -> Decision:
        past = self.observation.past
        if not decision.lowers or not past.error:
            return decision
        unknown = f"the past of the metrics is unknown ({past.error})"
        held = _held(decision, unknown)
        return replace(held, errors=(*held.errors, unknown))

    def _unknown_window(self, decision: Decision) -> Decision:
        """A dead time that can't be measured may ask for a longer window than the one applied."""
        behavior, error = self.policy.spec.behavior, self.known.rollouts.error
        given = behavior.level or behavior.scale_down.stabilization_window_seconds is not None
        if not decision.lowers or not error or given:
            return decision
        unknown = f"the dead time is unknown ({error})"
        held = _held(decision, unknown)
        return replace(held, errors=(*held.errors, unknown))

    def _above_target(self, decision: Decision, found: Asked) -> Decision:
        """In proportion to fewer pods than committed, even more load asks for less."""
        if not decision.lowers or not found.above:
            return decision
        ready = f"{self.observation.now.ready} ready of {decision.current} committed"
        return _held(decision, f"{', '.join(found.above)} above target ({ready})")

    def _gaps(self, decision: Decision, then: Sequence[Asked]) -> Decision:
        if not decision.lowers or not (gap := self._gap(then)):
            return decision
        return _held(decision, gap)

    def _gap(self, then: Sequence[Asked]) -> str:
        """What of the window down is unknown; each such step may have asked for as much as now."""
        now, past = self.observation.now, self.observation.past
        window = self.wished.order(self.known.rollouts.dead_time).windows.down
        begin = now.at - timedelta(seconds=window)
        if not window:
            return ""
        if past.since is None or past.since > begin or not past.moments:
            return "the past of the metrics is unknown"
        pairs = zip(past.moments, then, strict=True)
        steps = [found for moment, found in pairs if moment.at > begin]
        if self.policy.spec.fallback:
            failures = self._failures()
            steps = [
                asked_then(self.policy, moment, self.known.committed, failures)
                for moment in past.moments
                if moment.at > begin
            ]
        gaps = sum(step.failed for step in steps)
        return f"{gaps} of {len(steps)} steps of the window are unknown" if gaps else ""

    def _failures(self) -> dict[str, int]:
        """Of the metrics that fail now, how often in a row before."""
        readings = self.observation.now.readings
        failed = {reading.metric for reading in readings if reading.value is None}
        before = failures_before(self.policy, self.observation)
        return {name: count for name, count in before.items() if name in failed}

    def _in_flight(self, decision: Decision) -> Decision:
        """Between a commit and ready pods the metrics show the old count: only raise meanwhile."""
        now, committed = self.observation.now, decision.current
        timeout = self.policy.spec.in_flight_timeout
        if not decision.lowers or not self.known.in_flight_since(now.at, now.ready, timeout):
            return decision
        ready = "unknown" if now.ready is None else now.ready
        why = f"in flight ({ready} ready of {committed} committed)"
        return _held(decision, why, "spec.inFlightTimeout")


def _held(decision: Decision, why: str, field: str = "") -> Decision:
    return decision.at(decision.current, f"{why}: no scale-down, held at", field)
