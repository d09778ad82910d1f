"""Which alerts fire, read as a level: each with the moment at which it began."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Protocol

from bridge.policy.alert import AlertRule
from bridge.policy.model import ScalingPolicy
from bridge.trigger.labels import LabelIndex

_FEW = 10
"""Rules that are asked about by all their labels."""
STEP_S = 5
"""How finely Prometheus' past is looked at: at whole multiples, so that all looks agree."""
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_NOT_THE_ALERTS = ("__name__", "alertstate")

Labels = dict[str, str]
_Pair = tuple[str, str]
Span = tuple[int, int]
"""First and last step, both firing, and all between."""
Spans = Mapping[tuple[tuple[str, str], ...], Sequence[Span]]
"""By the alert's labels, sorted."""


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert from its beginning to its end; without an end it fires now."""

    labels: Labels
    since: datetime
    until: datetime | None = None

    @property
    def name(self) -> str:
        """As people call it."""
        return self.labels.get("alertname", "unnamed")


class Alerts:
    """The alerts that fire, and earlier ones of the same names; an error if they're unknown."""

    def __init__(self, found: Sequence[Firing] = (), error: str = "") -> None:
        self.found = found
        self.error = error
        self.by_label = LabelIndex(found)


class AlertSource(Protocol):
    """Knows which of the alerts that the rules mean are firing, or raises MetricsUnavailable."""

    async def firing(self, rules: Collection[AlertRule], at: datetime) -> tuple[Firing, ...]: ...


def minimum_rules(policies: Iterable[ScalingPolicy]) -> list[AlertRule]:
    """The rules that hold a minimum; a fleet's members have theirs in common."""
    rules = {id(rule): rule for policy in policies for rule in policy.spec.alerts}
    return [rule for rule in rules.values() if rule.min_replicas is not None]


class Meant:
    """Whether any of the rules is about an alert: of thousands, each alert is held to a few."""

    def __init__(self, rules: Collection[AlertRule]) -> None:
        matches = {frozenset(rule.match.items()) for rule in rules}
        times = Counter(chain.from_iterable(matches))
        self._by_rarest: dict[_Pair, list[frozenset[_Pair]]] = defaultdict(list)
        for match in matches:
            self._by_rarest[min(match, key=lambda pair: (times[pair], pair))].append(match)

    def __call__(self, labels: Labels) -> bool:
        """With these labels."""
        near = chain.from_iterable(self._by_rarest.get(pair, ()) for pair in labels.items())
        return any(match <= labels.items() for match in near)


def labels_of(item: Mapping[str, Any]) -> Labels:
    """The alert's own labels on a sample or series of `ALERTS`."""
    labels: Mapping[str, Any] = item["metric"]
    return {name: str(value) for name, value in labels.items() if name not in _NOT_THE_ALERTS}


def all_labels(items: Sequence[Mapping[str, Any]]) -> list[Labels]:
    """Of all the samples of a query."""
    return [labels_of(item) for item in items]


def firing_query(rules: Iterable[AlertRule], alertname: str | None = None) -> str:
    """The series of the alerts (of one name) that any of the rules means, while they fire.

    Or of some more: of all alerts (of that name) where the rules are many, so that it stays one
    short question.
    """
    own = {} if alertname is None else {"alertname": alertname}
    near = (rule.match for rule in rules if (own | rule.match).items() >= own.items())
    wanted = {_series({**match, **own}) for match in near}
    common = _series(own)
    return common if common in wanted or len(wanted) > _FEW else " or ".join(sorted(wanted))


def rule_query(rule: AlertRule) -> str:
    """The series of the alerts that a rule means while they fire."""
    return _series(rule.match)


def _series(match: Mapping[str, str]) -> str:
    """Those with these labels, or some more: without labels whose names PromQL does not take."""
    named = (pair for pair in sorted(match.items()) if _LABEL.fullmatch(pair[0]))
    matchers = "".join(f",{n}={json.dumps(value, ensure_ascii=False)}" for n, value in named)
    return f'ALERTS{{alertstate="firing"{matchers}}}'


def spans_of(series: Sequence[Mapping[str, Any]]) -> Spans:
    """When each alert fired, from its samples at whole multiples of the step."""
    return {
        tuple(sorted(labels_of(item).items())): _joined(
            (step, step) for step in sorted(round(float(at) / STEP_S) for at, _ in item["values"])
        )
        for item in series
    }


def joined_spans(windows: Iterable[Spans]) -> Spans:
    """The same of windows that follow each other."""
    found: dict[tuple[tuple[str, str], ...], list[Span]] = {}
    for window in windows:
        for labels, spans in window.items():
            found.setdefault(labels, []).extend(spans)
    return {labels: _joined(sorted(spans)) for labels, spans in found.items()}


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for begin, end in spans:
        if found and begin <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def alerts_of(firing: Sequence[Labels], past: Spans, at: datetime) -> list[Firing]:
    """The alerts that fire at a moment, each since it began, and the past ones of `past`.

    An alert began up to a step before the first one that has it: not after the commits that it
    led to.
    """
    last = int(at.timestamp()) // STEP_S
    found: list[Firing] = []
    now = {tuple(sorted(labels.items())): last for labels in firing}
    for labels, spans in past.items():
        for begin, end in spans:
            goes_on = end >= last and labels in now
            until = None if goes_on else min(at, step_time(end + 1))
            found.append(Firing(dict(labels), step_time(begin - 1), until))
            if goes_on:
                del now[labels]
    return found + [Firing(dict(labels), step_time(step)) for labels, step in now.items()]


def step_time(step: int) -> datetime:
    """The moment of a step."""
    return datetime.fromtimestamp(step * STEP_S, UTC)
