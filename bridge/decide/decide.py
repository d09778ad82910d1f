"""From readings to a decision: pauses, the step to and from zero, the HPA's pass, and our holds."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.decide.decision import Decision, Step
from bridge.decide.floors import raised
from bridge.decide.holds import Holds
from bridge.decide.limits import limited_by
from bridge.decide.normalization import Order
from bridge.decide.question import Asked
from bridge.decide.ratio import without_wind_up
from bridge.decide.recall import Known, asked_over, failures_before, recalled
from bridge.decide.reconcile import Cause, Pass, reconciled
from bridge.decide.rest import (
    cooling_down,
    left_at_rest,
    put_to_rest,
    rest_rules,
    rest_step,
    woken_to,
)
from bridge.decide.rollout import stuck_rollout
from bridge.decide.suspended import is_suspended, suspended
from bridge.decide.wishes import Wished
from bridge.evaluate.reading import Observation
from bridge.policy.model import ScalingPolicy

_BOUND = {
    Cause.ABOVE_MAX: ("above maxReplicas, set to", "spec.maxReplicas"),
    Cause.BELOW_MIN: ("below minReplicas, set to", "spec.minReplicas"),
}


def decide(
    policy: ScalingPolicy, observation: Observation, known: Known, wished: Wished | None = None
) -> Decision:
    """How many replicas the policy's target shall have, from what is known now.

    `wished` keeps what the metrics asked for at moments that are looked at again.
    """
    now, timeout = observation.now, policy.spec.in_flight_timeout
    wished = wished or Wished(policy)
    stuck = stuck_rollout(known, now.ready, now.at, timeout)
    start = _Start(policy, known, stuck)
    made = _decided(start, wished, observation)
    return made.because(stuck, "spec.inFlightTimeout") if stuck else made


@dataclass(slots=True)
class _Start:
    """Where a decision begins: the count as it is."""

    policy: ScalingPolicy
    known: Known
    stuck: str

    def told(self, steps: tuple[Step, ...] = (), errors: tuple[str, ...] = ()) -> Decision:
        """With all that the metrics said."""
        policy, known = self.policy, self.known
        return Decision(
            target=policy.target,
            policy=policy.name,
            current=known.committed,
            desired=known.committed,
            steps=steps,
            errors=errors,
            dead_time=known.rollouts.dead_time,
            rollout=known.rollouts.newest,
            stuck_rollout=self.stuck,
            fleet=policy.is_member,
        )


def _decided(start: _Start, wished: Wished, observation: Observation) -> Decision:
    policy, known = start.policy, start.known
    if is_suspended(policy, known, observation.now.at):
        return suspended(start.told(), policy, known, observation.now.at)
    found = asked_now(policy, observation, known, wished)
    then = asked_over(wished, observation.past, known.committed)
    return _Deciding(wished, observation, known, found, then).decision(start)


def asked_now(
    policy: ScalingPolicy, observation: Observation, known: Known, wished: Wished
) -> Asked:
    """What the metrics recommend, with fallbacks, and no more than counts in flight allow."""
    if policy.spec.fallback:
        failures = failures_before(policy, observation)
        found = wished.asked(observation.now, known.committed, failures)
        return without_wind_up(wished, observation, known, found, failures)
    found = wished.at(observation.now, known.committed)
    return without_wind_up(wished, observation, known, found)


@dataclass(slots=True)
class _Deciding:
    wished: Wished
    observation: Observation
    known: Known
    found: Asked
    then: tuple[Asked, ...]
    """What was found at each moment of the past."""

    @property
    def policy(self) -> ScalingPolicy:
        return self.wished.policy

    def decision(self, start: _Start) -> Decision:
        """From the count as it is to the one that shall be."""
        committed, told = self.known.committed, self._told(start)
        step = rest_step(self.wished, self.observation, self.found, committed)
        if step is None:
            return self._by_hpa(start, told)
        if step.scale_to is not None and step.active:
            return self._woken(told, step.scale_to)
        if step.scale_to is not None:
            return self._raised(self._holds.rest(put_to_rest(told, step.scale_to)))
        if committed <= rest_rules(self.policy).rest:
            spec = self.policy.spec
            return self._raised(left_at_rest(told, spec, self.found, awake=step.active))
        if step.active_reason == "ScalerCooldown":
            told = cooling_down(told, self.policy)
        return self._by_hpa(start, told)

    def _told(self, start: _Start) -> Decision:
        steps = tuple([Step(wish.text, wish.field) for wish in self.found.wishes])
        return start.told(steps, self.found.errors)

    def _woken(self, told: Decision, least: int) -> Decision:
        """At once to what the metrics ask for, as far as the scaling policies let it."""
        woken = woken_to(least, told, self.policy.spec, self.found, self.observation.now.at)
        result = self._pass(least)
        return self._raised(woken.at(max(least, result.desired), "the metrics raise it to"))

    def _pass(self, count: int) -> Pass:
        memory = recalled(self.policy, self.observation, self.known, self.then)
        return reconciled(count, self._order, self.found.wishes, memory)

    @property
    def _order(self) -> Order:
        return self.wished.order(self.known.rollouts.dead_time)

    def _is_as_wished(self, count: int) -> bool:
        """A count within its bounds that is just what is wished passes each window and rate."""
        found, bounds = self.found, self._order.bounds
        if self._order.windows.steps:
            return False
        return found.highest == count > 0 and not found.failed and bounds.allow(count)

    def _by_hpa(self, start: _Start, told: Decision) -> Decision:
        if self._is_as_wished(told.current):
            return self._raised(told)
        result = self._pass(told.current)
        if result.normalized is None and not result.error:
            if result.cause is None:
                alone = _left_alone(start.told())
                return alone if self.policy.spec.min_replicas else self._raised(told)
            return self._raised(start.told().at(result.desired, *_BOUND[result.cause]))
        if result.normalized is None or result.wished is None:
            return self._raised(told.because(self._why_no_wish(told.current)))
        decision = told.wanting(result.wished)
        decision = self._stabilized(decision, result.normalized.stable)
        decision = decision.at(result.desired, *limited_by(self.policy.spec, result.normalized))
        return self._raised(self._holds.fall(decision, self.found, self.then))

    def _stabilized(self, decision: Decision, stable: int) -> Decision:
        if self._order.windows.steps:
            why = f"the level of {self._order.windows.down:g} s sets"
            return decision.at(stable, why, "spec.behavior.level")
        direction = "scaleDown" if stable > decision.desired else "scaleUp"
        field = f"spec.behavior.{direction}.stabilizationWindowSeconds"
        longer = self._longer_window() if direction == "scaleDown" else ""
        return decision.at(stable, f"held by the stabilization window{longer} at", field)

    def _longer_window(self) -> str:
        """How long the window down is, where the dead time makes it longer than the HPA's."""
        dead_time, window = self.known.rollouts.dead_time, self._order.windows.down
        if dead_time is None or window == self.wished.order().windows.down:
            return ""
        return f" of {window:g} s, twice the dead time,"

    def _why_no_wish(self, current: int) -> str:
        if self.found.highest is None:
            return f"no metric is known: held at {current}"
        return f"no scale-down while a metric is unknown: held at {current}"

    @property
    def _holds(self) -> Holds:
        return Holds(self.wished, self.observation, self.known)

    def _raised(self, decision: Decision) -> Decision:
        return raised(decision, self.policy, self.observation, self.known)


def _left_alone(start: Decision) -> Decision:
    return start.because("scaled to 0 in Git: left alone until a person scales it up")
