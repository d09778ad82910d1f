"""Something happened: these policies are to be looked at now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from bridge.policy.model import ScalingPolicy
from bridge.trigger.labels import LabelIndex
from bridge.trigger.notification import Alert, LeftOut, Signal


@dataclass(frozen=True, slots=True)
class Wake:
    """Policies to evaluate, and what woke them."""

    policies: frozenset[str]
    cause: str


class _Signals:
    """Firing alerts by their labels, and what was left out of lists, each once."""

    def __init__(self, signals: Iterable[Signal]) -> None:
        signals = list(signals)
        alerts = [one for one in signals if isinstance(one, Alert) and one.status == "firing"]
        left_out = {repr(one): one for one in signals if isinstance(one, LeftOut)}
        self._alerts = LabelIndex(alerts)
        self._left_out = list(left_out.values())

    def for_policy(self, policy: ScalingPolicy) -> Signal | None:
        """The first that wakes it.

        By a rule that asks for it, or because its labels name the target. A fleet is woken as a
        whole, and so only by a rule. What was left out wakes all whose rules may mean it.
        """
        return next(chain(self._by_rule(policy), self._by_name(policy)), None)

    def _by_rule(self, policy: ScalingPolicy) -> Iterator[Signal]:
        for rule in policy.spec.alerts:
            signals: list[Signal] = [*self._alerts.near(rule.match), *self._left_out]
            yield from (signal for signal in signals if signal.may_match(rule.match))

    def _by_name(self, policy: ScalingPolicy) -> Iterator[Signal]:
        """Labels as kube-state-metrics has them: `deployment="web", namespace="prod"`."""
        if policy.is_fleet:
            return
        target = policy.target
        for alert in self._alerts.having(target.kind.lower(), target.name):
            if alert.labels.get("namespace") in (None, target.namespace):
                yield alert


def woken(signals: Iterable[Signal], policies: Iterable[ScalingPolicy]) -> Wake | None:
    """The wake that notifications are, None if they concern no policy."""
    known = _Signals(signals)
    causes = {p.name: known.for_policy(p) for p in policies if not p.spec.suspend}
    found = {name: signal for name, signal in causes.items() if signal is not None}
    if not found:
        return None
    names = sorted({signal.name for signal in found.values()})
    return Wake(frozenset(found), f"alert {', '.join(names)}")
