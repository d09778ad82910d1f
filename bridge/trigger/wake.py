"""Something happened: these policies are to be looked at now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from bridge.policy.model import ScalingPolicy
from bridge.trigger.labels import LabelIndex
from bridge.trigger.notification import Alert, LeftOut, Signal


class _Signals:
    """Firing alerts by their labels, and what was left out of lists, each once."""

    def __init__(self, signals: Iterable[Signal]) -> None:
        signals = list(signals)
        alerts = [one for one in signals if isinstance(one, Alert) and one.status == "firing"]
        left_out = {repr(one): one for one in signals if isinstance(one, LeftOut)}
        self._any = alerts or left_out
        self._alerts = LabelIndex(alerts)
        self._left_out = list(left_out.values())

    def __bool__(self) -> bool:
        return bool(self._any)

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


def woken(signals: Iterable[Signal], policies: Iterable[ScalingPolicy]) -> dict[str, str]:
    """The names of the policies that notifications concern, each with the alert that wakes it."""
    known = _Signals(signals)
    if not known:
        return {}
    causes = ((p.name, known.for_policy(p)) for p in policies if not p.spec.suspend)
    return {name: signal.name for name, signal in causes if signal is not None}
