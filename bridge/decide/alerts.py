"""Firing alerts that raise a minimum: a function of the alerts, the log and now, and so no ratchet.

`+50%` is relative to the count committed when the alert began: what it led to since does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from bridge.decide.decision import Decision
from bridge.decide.recall import Known
from bridge.evaluate.alerts import Alerts, Firing
from bridge.evaluate.reading import Observation
from bridge.policy.alert import AlertRule
from bridge.policy.model import ScalingPolicy

LONGEST_FIRING = timedelta(days=7)
"""How far back the log is read for a count; alerts that are older hold, and raise no more."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A minimum that an alert raises, and by which rule of the policy."""

    minimum: int
    alert: Firing
    why: str
    place: int


def with_alerts(
    decision: Decision, policy: ScalingPolicy, observation: Observation, known: Known
) -> Decision:
    """Not below what firing alerts ask for; no scale-down while they are unknown."""
    if not any(rule.min_replicas is not None for rule in policy.spec.alerts):
        return decision
    if error := observation.alerts.error:
        return _unknown(decision, policy, error)
    raised = max(raises(policy, observation, known), key=lambda found: found.minimum, default=None)
    if raised is None or decision.desired >= raised.minimum:
        return decision
    since = f"{raised.alert.since:%Y-%m-%d %H:%M} UTC"
    why = f"alert {raised.alert.name}, firing since {since}, raises the minimum {raised.why}to"
    return decision.at(raised.minimum, why, f"spec.alerts.{raised.place}.minReplicas")


def _unknown(decision: Decision, policy: ScalingPolicy, error: str) -> Decision:
    """What fires unseen may hold any count up to the maximum."""
    unknown = f"the alerts are unknown ({error})"
    held = min(decision.current, policy.spec.max_replicas)
    if decision.desired < held:
        why = f"{unknown}: no scale-down, held at"
        decision = decision.at(held, why, "spec.alerts")
    return replace(decision, errors=(*decision.errors, unknown))


def raises(policy: ScalingPolicy, observation: Observation, known: Known) -> Iterator[Raised]:
    """The minimum of each rule whose alert fires."""
    for place, rule in enumerate(policy.spec.alerts):
        alert = began(rule, policy, observation.alerts)
        if rule.min_replicas is not None and alert is not None:
            count, why = _minimum(rule, alert.since, observation.now.at, known)
            yield Raised(min(count, policy.spec.max_replicas), alert, why, place)


def _minimum(rule: AlertRule, since: datetime, now: datetime, known: Known) -> tuple[int, str]:
    if rule.percent is None:
        return int(rule.min_replicas or 0), ""
    if since <= now - LONGEST_FIRING:
        return count_at(now - LONGEST_FIRING, known), f"of {LONGEST_FIRING.days} days ago "
    base = max(1, count_at(since, known))
    return -(-base * (100 + rule.percent) // 100), f"by {rule.percent}% of {base} "


def count_at(moment: datetime, known: Known) -> int:
    """The count that was committed then; a commit's time is whole seconds, so is the moment's."""
    edge = moment.replace(microsecond=0)
    later = (change.by for change in known.changes if change.at >= edge)
    return max(0, known.committed - sum(later))


def began(rule: AlertRule, policy: ScalingPolicy, alerts: Alerts) -> Firing | None:
    """The first of the firing alerts that the rule means, or of those that led over to them.

    Else the count would be raised again, for another pod's alert, where the first one's ends.
    """
    candidates = _candidates(rule, policy, alerts)
    known = [alert for alert in candidates if concerns(rule, policy, alert.labels)]
    firing = [alert for alert in known if alert.until is None]
    first = min(firing, key=_age, default=None)
    while first is not None:
        ended = (a for a in known if a.until and a.since < first.since <= a.until)
        if not (earlier := list(ended)):
            break
        first = min(earlier, key=_age)
    return first


def _candidates(rule: AlertRule, policy: ScalingPolicy, alerts: Alerts) -> Iterable[Firing]:
    """Else each of a fleet's members would look at the alerts of all others."""
    selector = policy.spec.scale_target_selector
    if selector is None:
        return alerts.by_label.near(rule.match)
    having, label = alerts.by_label.having, selector.naming
    return chain(having(label, policy.target.name), having(label, None))


def _age(alert: Firing) -> tuple[datetime, list[tuple[str, str]]]:
    """Oldest first; of those that began together, always the same one."""
    return alert.since, sorted(alert.labels.items())


def concerns(rule: AlertRule, policy: ScalingPolicy, labels: dict[str, str]) -> bool:
    """Whether the rule means an alert; one that names a fleet's member is that member's alone."""
    selector = policy.spec.scale_target_selector
    if not rule.matches(labels):
        return False
    if selector is None:
        return True
    target = policy.target
    named = labels.get(selector.naming, target.name) == target.name
    place = selector.namespace_label
    if not named or place is None or target.namespace is None:
        return named
    return labels.get(place, target.namespace) == target.namespace
