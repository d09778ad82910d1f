"""Something happened: these policies are to be looked at now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.policy.model import ScalingPolicy
from bridge.trigger.notification import Alert, Signal


@dataclass(frozen=True, slots=True)
class Wake:
    """Policies to evaluate, and what woke them."""

    policies: frozenset[str]
    cause: str


def wakes(signal: Signal, policy: ScalingPolicy) -> bool:
    """A firing alert wakes a policy that asks for it, or whose target its labels name.

    A fleet is woken as a whole, and so only where it asks for it. Alerts that were left out wake
    all whose rules may mean them.
    """
    if isinstance(signal, Alert) and signal.status != "firing":
        return False
    if any(signal.may_match(rule.match) for rule in policy.spec.alerts):
        return True
    return isinstance(signal, Alert) and not policy.is_fleet and _names_target(signal, policy)


def _names_target(alert: Alert, policy: ScalingPolicy) -> bool:
    """Labels as kube-state-metrics has them: `deployment="web", namespace="prod"`."""
    target = policy.target
    same_name = alert.labels.get(target.kind.lower()) == target.name
    return same_name and alert.labels.get("namespace") in (None, target.namespace)


def woken(signals: Iterable[Signal], policies: Iterable[ScalingPolicy]) -> Wake | None:
    """The wake that a notification is, None if it concerns no policy."""
    signals = tuple(signals)
    found = {p.name: s for p in policies if not p.spec.suspend for s in signals if wakes(s, p)}
    if not found:
        return None
    names = sorted({signal.name for signal in found.values()})
    return Wake(frozenset(found), f"alert {', '.join(names)}")
