"""Something happened: these policies are to be looked at now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.policy.model import ScalingPolicy
from bridge.trigger.alertmanager import Alert


@dataclass(frozen=True, slots=True)
class Wake:
    """Policies to evaluate, and what woke them."""

    policies: frozenset[str]
    cause: str


def wakes(alert: Alert, policy: ScalingPolicy) -> bool:
    """A firing alert wakes a policy that asks for it, or whose target its labels name.

    A fleet is woken as a whole, and so only where it asks for it.
    """
    if alert.status != "firing":
        return False
    asked = any(wake.match.items() <= alert.labels.items() for wake in policy.spec.alerts)
    return asked or (not policy.is_fleet and _names_target(alert, policy))


def _names_target(alert: Alert, policy: ScalingPolicy) -> bool:
    """Labels as kube-state-metrics has them: `deployment="web", namespace="prod"`."""
    target = policy.target
    same_name = alert.labels.get(target.kind.lower()) == target.name
    return same_name and alert.labels.get("namespace") in (None, target.namespace)


def woken(alerts: Iterable[Alert], policies: Iterable[ScalingPolicy]) -> Wake | None:
    """The wake that a notification is, None if it concerns no policy."""
    alerts = tuple(alerts)
    found = {p.name: a for p in policies if not p.spec.suspend for a in alerts if wakes(a, p)}
    if not found:
        return None
    names = sorted({alert.labels.get("alertname", "unnamed") for alert in found.values()})
    return Wake(frozenset(found), f"alert {', '.join(names)}")
