"""All that a policy may ask for at once, in random surroundings: no combination shrinks on a guess.

`COMBINATIONS=8000` tries as many.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from bridge.decide.alerts import raises
from bridge.decide.dead_time import Rollout, Rollouts
from bridge.decide.decide import decide
from bridge.decide.decision import Decision
from bridge.decide.override import Override
from bridge.decide.recall import Known, Scaled
from bridge.decide.schedule import raised_minimum
from bridge.decide.window import window_to_know
from bridge.evaluate.alerts import Alerts, Firing
from bridge.evaluate.reading import Ahead, Moment, Observation, Past, Reading
from bridge.policy.loading import parse_policy
from bridge.policy.metric import Metric
from bridge.policy.model import ScalingPolicy
from tests.decide.given import NOW, ago
from tests.e2e.restart_policies import ALERTS, Governed, alert_name, policy_file

RUNS = int(os.environ.get("COMBINATIONS", "600"))
VALUES = {"load": [0, 0.3, 100, 300, 800, 2000], "busy": [0, 0.1, 0.5, 1, 1.2, 4]}


@dataclass(frozen=True, slots=True)
class Case:
    """A policy in its surroundings, and what is decided."""

    policy: ScalingPolicy
    observation: Observation
    known: Known

    @property
    def decision(self) -> Decision:
        return decide(self.policy, self.observation, self.known)

    @property
    def guesses(self) -> Iterator[str]:
        """Why nothing may be lowered."""
        spec, now, known = self.policy.spec, self.observation.now, self.known
        if any(one.value is None for one in now.readings) and not spec.fallback:
            yield "a metric is unknown"
        if self.observation.past.error:
            yield "the past is unknown"
        if self.observation.alerts.error and any(rule.min_replicas for rule in spec.alerts):
            yield "the alerts are unknown"
        if now.ready not in (None, known.committed) and known.in_flight(
            NOW, spec.in_flight_timeout
        ):
            yield "in flight"
        if spec.paused_scale_in:
            yield "pausedScaleIn"

    @property
    def least(self) -> int:
        """What schedules and alerts ask for at least; a person's 0 is left alone."""
        spec = self.policy.spec
        if not self.known.committed and spec.min_replicas and not spec.rests:
            return 0
        window = raised_minimum(spec.schedules, NOW)
        minimums = [window.min_replicas] if window else []
        if not self.observation.alerts.error:
            found = raises(self.policy, self.observation, self.known)
            minimums += [raised.minimum for raised in found]
        return max(minimums, default=0)

    @property
    def without_forecast(self) -> Case:
        past = replace(
            self.observation.past, moments=tuple(map(_unforeseen, self.observation.past.moments))
        )
        now = _unforeseen(self.observation.now)
        return replace(self, observation=replace(self.observation, now=now, past=past))


def _unforeseen(moment: Moment) -> Moment:
    return replace(moment, readings=tuple(replace(one, ahead=None) for one in moment.readings))


def case(seed: int) -> Case:
    """The case of this seed."""
    rng = Random(seed)
    text = policy_file(rng, Governed("1", "web"), 15).replace('"suspend": true', '"suspend": false')
    policy = parse_policy(text.encode(), "web.yaml")
    count = rng.randint(0, policy.spec.max_replicas)
    now = _moment(rng, policy, 0, rng.choice([None, count, count, rng.randint(0, 14)]))
    dead_time = rng.choice([None, 30.0, 200.0, 400.0])
    ages = sorted(rng.sample(range(1, 2000), rng.randint(0, 4)))
    changes = tuple(Scaled(ago(age), rng.choice([-3, -1, 2, 5]), ours=True) for age in ages)
    measured = Rollout(True, rng.random() < 0.5, dead_time, seen=rng.random() < 0.8)
    rollouts = Rollouts((measured,) if changes else (), rng.choice(["", "", "", "no answer"]))
    order = Override(ago(rng.randint(1, 2000)), "alice", "a" * 40, count)
    known = Known(count, changes, order if rng.random() < 0.15 else None, rollouts)
    past = _past(rng, policy, now, window_to_know(policy, now, count, dead_time))
    return Case(policy, Observation(now, past, _alerts(rng)), known)


def _past(rng: Random, policy: ScalingPolicy, now: Moment, window: float) -> Past:
    if not window:
        return Past()
    if rng.random() < 0.1:
        return Past(error="no answer")
    steps = [(age, rng.random() < 0.7) for age in range(int(window), 0, -15)]
    moments = (
        replace(now, at=ago(age)) if same else _moment(rng, policy, age, rng.randint(0, 14))
        for age, same in steps
    )
    return Past(tuple(moments), since=ago(window))


def _moment(rng: Random, policy: ScalingPolicy, age: float, ready: int | None) -> Moment:
    return Moment(ago(age), tuple(_reading(rng, one) for one in policy.spec.metrics), ready)


def _reading(rng: Random, metric: Metric) -> Reading:
    if rng.random() < 0.1:
        return Reading(metric.name, None, "no data")
    value = rng.choice(VALUES[metric.name])
    expected = rng.choice([None, 0, value / 2, value * 2])
    ahead = Ahead("linear", 45, expected) if metric.forecast else None
    return Reading(metric.name, value, ahead=ahead)


def _alerts(rng: Random) -> Alerts:
    if rng.random() < 0.2:
        return Alerts(error="no answer")
    labels = {"run": "1", "deployment": "web"}
    return Alerts(
        [
            Firing({"alertname": alert_name(kind, "1"), **labels}, ago(rng.randint(5, 900)))
            for kind in ALERTS
            if rng.random() < 0.5
        ]
    )


def test_no_combination_shrinks_on_a_guess_or_below_what_is_asked() -> None:
    seen: Counter[str] = Counter()
    for seed in range(RUNS):
        one = case(seed)
        made, spec = one.decision, one.policy.spec
        if made.hold or spec.paused_at(NOW):
            assert made.desired in (made.current, spec.paused_replicas), (seed, made)
            continue
        guesses = list(one.guesses)
        assert not (made.lowers and guesses), (seed, guesses, made)
        assert made.desired >= one.least, (seed, one.least, made)
        assert made.desired <= spec.max_replicas, (seed, made)
        assert made.desired >= one.without_forecast.decision.desired, (seed, made)
        seen.update({"lowers": made.lowers, "raises": made.raises, "least": one.least > 0})
        seen.update(guesses)
    assert min(seen[what] for what in ("lowers", "raises", "least", "in flight")) > RUNS / 40, seen


def test_the_cases_hold_alerts_that_matter() -> None:
    fields = Counter(step.field for seed in range(200) for step in case(seed).decision.steps)
    assert fields["spec.alerts.0.minReplicas"], json.dumps(fields)
