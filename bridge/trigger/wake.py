"""Something happened: these policies are to be looked at now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bridge.policy.model import ScalingPolicy
from bridge.trigger.labels import LabelIndex
from bridge.trigger.notification import Alert, LeftOut, Signal


class Sleepers:
    """The policies that notifications may wake, found by what an alert says.

    Whoever has thousands of them makes it once, and asks it five times a second in a storm.
    """

    def __init__(self, policies: Iterable[ScalingPolicy] = ()) -> None:
        active = [policy for policy in policies if not policy.spec.suspend]
        self._with_rules = [policy for policy in active if policy.spec.alerts]
        self._by_label: dict[str, dict[str, list[ScalingPolicy]]] = {}
        for policy in active:
            if not policy.is_fleet:
                kind = policy.target.kind.lower()
                named = self._by_label.setdefault(kind, defaultdict(list))
                named[policy.target.name].append(policy)

    def woken(self, signals: Iterable[Signal]) -> dict[str, str]:
        """The names of the policies that these concern, each with the alert that wakes it.

        By a rule that asks for it, or because its labels name the target. A fleet is woken as a
        whole, and so only by a rule. What was left out wakes all whose rules may mean it.
        """
        signals = list(signals)
        alerts = [one for one in signals if isinstance(one, Alert) and one.status == "firing"]
        left_out = {repr(one): one for one in signals if isinstance(one, LeftOut)}
        found: dict[str, str] = {}
        for alert in alerts:
            for policy in self._named(alert):
                found.setdefault(policy.name, alert.name)
        return found | self._by_rule(alerts, list(left_out.values()))

    def _named(self, alert: Alert) -> Iterator[ScalingPolicy]:
        """Labels as kube-state-metrics has them: `deployment="web", namespace="prod"`."""
        for label, by_name in self._by_label.items():
            for policy in by_name.get(alert.labels.get(label, ""), ()):
                if alert.labels.get("namespace") in (None, policy.target.namespace):
                    yield policy

    def _by_rule(self, alerts: Sequence[Alert], left_out: Sequence[LeftOut]) -> dict[str, str]:
        known = LabelIndex(alerts)
        found: dict[str, str] = {}
        for policy in self._with_rules if alerts or left_out else ():
            for rule in policy.spec.alerts:
                near: list[Signal] = [*known.near(rule.match), *left_out]
                if meant := next((one for one in near if one.may_match(rule.match)), None):
                    found.setdefault(policy.name, meant.name)
        return found
