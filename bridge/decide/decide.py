"""From readings to a decision: pauses, the step to and from zero, the HPA's pass, and our holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC

from bridge.decide.activation import Activation, ActivationRules, activated
from bridge.decide.alerts import with_alerts
from bridge.decide.decision import Decision, Step
from bridge.decide.holds import Holds
from bridge.decide.limits import limited_by
from bridge.decide.normalization import Order
from bridge.decide.override import Hold, Override
from bridge.decide.pause import Pauses
from bridge.decide.question import Asked
from bridge.decide.ratio import ratio_window, without_wind_up
from bridge.decide.recall import Known, activity, asked_over, failures_before, recalled
from bridge.decide.reconcile import Cause, Pass, reconciled
from bridge.decide.rollout import stuck_rollout
from bridge.decide.schedule import raised_minimum
from bridge.decide.wishes import Wished, asked
from bridge.evaluate.reading import Moment, Observation
from bridge.policy.model import ScalingPolicy, Spec

_COOLDOWN_S = 300.0
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
    policy, known, now = start.policy, start.known, observation.now
    if known.override and known.override.holds(policy, now.at):
        return _held(start.told(), policy, known.override)
    if policy.spec.paused_at(now.at):
        return _paused(start.told(), policy)
    found = asked_now(policy, observation, known, wished)
    then = asked_over(wished, observation.past, known.committed)
    return _Deciding(wished, observation, known, found, then).decision(start)


def _held(start: Decision, policy: ScalingPolicy, override: Override) -> Decision:
    hold = Hold(override, override.until(policy))
    return replace(start, hold=hold).because(override.reason(policy), override.field)


def asked_now(
    policy: ScalingPolicy, observation: Observation, known: Known, wished: Wished
) -> Asked:
    """What the metrics recommend, with fallbacks, and no more than counts in flight allow."""
    if policy.spec.fallback:
        failures = failures_before(policy, observation)
        found = asked(policy, observation.now, known.committed, failures)
    else:
        found = wished.at(observation.now, known.committed)
    return without_wind_up(policy, observation, known, found)


def _paused(start: Decision, policy: ScalingPolicy) -> Decision:
    spec = policy.spec
    until = ""
    if spec.paused_until:
        until = f" until {spec.paused_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if spec.paused_replicas is None:
        return start.because(f"paused{until} at {start.current}", _pausing_field(spec))
    if spec.paused_replicas == start.current:
        return start.because(
            f"paused{until} at pausedReplicas {start.current}", "spec.pausedReplicas"
        )
    why = f"paused{until}: set to pausedReplicas"
    return start.at(spec.paused_replicas, why, "spec.pausedReplicas")


def _pausing_field(spec: Spec) -> str:
    return "spec.pausedUntil" if spec.paused_until else "spec.paused"


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
        step, told = self._step(self.known.committed), self._told(start)
        if step is None:
            return self._by_hpa(start, told)
        if step.scale_to is not None and step.active:
            return self._woken(told, step.scale_to)
        if step.scale_to is not None:
            why = "no metric was active for the cooldown period: set to"
            rest = told.at(step.scale_to, why, "spec.cooldownPeriod")
            return self._raised(self._holds.rest(rest))
        if told.current <= self._rules.rest:
            known = "known to be " if self.found.failed else ""
            why, field = f"no metric is {known}active", self._rest_field
            if step.active:
                why, field = "pausedScaleOut: not woken", "spec.pausedScaleOut"
            return self._raised(told.because(f"{why}, at rest at {told.current}", field))
        if step.active_reason == "ScalerCooldown":
            why = f"no metric is active: cooling down for {self._cooldown:g} s"
            told = told.because(why, "spec.cooldownPeriod")
        return self._by_hpa(start, told)

    @property
    def _cooldown(self) -> float:
        return cooldown_of(self.policy)

    @property
    def _rest_field(self) -> str:
        idle = self.policy.spec.idle_replicas is not None
        return "spec.idleReplicas" if idle else "spec.minReplicas"

    @property
    def _rules(self) -> ActivationRules:
        spec = self.policy.spec
        return ActivationRules(
            spec.min_replicas, spec.idle_replicas, self._cooldown, self._cooldown
        )

    def _step(self, count: int) -> Activation | None:
        """KEDA's step outside the HPA, where the policy asks for it."""
        if not self.wished.rests:
            return None
        seen = activity(self.policy, self.observation, self.found, count)
        return activated(count, seen, self._rules, Pauses.of(self.policy.spec))

    def _told(self, start: _Start) -> Decision:
        steps = tuple([Step(wish.text, wish.field) for wish in self.found.wishes])
        return start.told(steps, self.found.errors)

    def _woken(self, told: Decision, least: int) -> Decision:
        """At once to what the metrics ask for, as far as the scaling policies let it."""
        woken = told.at(least, "a metric is active: woken to")
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
        """Not below the minimum of a window of time that is open, or of an alert that fires."""
        schedules = self.policy.spec.schedules
        if not schedules:
            return with_alerts(decision, self.policy, self.observation, self.known)
        window = raised_minimum(schedules, self.observation.now.at)
        if window is not None and decision.desired < window.min_replicas:
            field = f"spec.schedules.{schedules.index(window)}.minReplicas"
            why = f"schedule {window.name} raises the minimum to"
            decision = decision.at(window.min_replicas, why, field)
        return with_alerts(decision, self.policy, self.observation, self.known)


def _left_alone(start: Decision) -> Decision:
    return start.because("scaled to 0 in Git: left alone until a person scales it up")


def cooldown_of(policy: ScalingPolicy) -> float:
    """Seconds without activity before a target is put to rest; KEDA's default where unset."""
    given = policy.spec.cooldown_period
    return _COOLDOWN_S if given is None else given


def window_to_know(
    policy: ScalingPolicy,
    now: Moment,
    committed: int,
    dead_time: float | None = None,
    wished: Wished | None = None,
) -> float:
    """Seconds of the metrics' past that the decision depends on; 0 where it needs none."""
    wished = wished or Wished(policy)
    spec, found, needed = policy.spec, wished.at(now, committed), [0.0]
    windows = wished.order(dead_time).windows
    if spec.fallback and any(reading.value is None for reading in now.readings):
        counted = (spec.fallback.failure_threshold + 2) * spec.polling_interval
        needed += [counted, windows.up, windows.down]
    if wished.rests and not found.active:
        needed.append(cooldown_of(policy) + 2 * spec.polling_interval)
    if found.highest is not None and found.highest != committed:
        needed.append(windows.up if found.highest > committed else windows.down)
    needed.append(ratio_window(policy, found, committed))
    return max(needed)
