"""Pods, Object and External metrics: names that some adapter knows, and no PromQL."""

from __future__ import annotations

import re
from typing import Any

from bridge.policy.importing.draft import Draft
from bridge.policy.importing.fields import Fields

_APIS = {"Pods": "custom", "Object": "custom", "External": "external"}
_TOTAL = {"Pods": "the total over all pods", "Object": "the total", "External": "the total"}
_MANAGED = re.compile(r"prometheus\.googleapis\.com\|([a-zA-Z_:][\w:]*)\|(gauge|counter)")


def refuse_foreign(metric: Fields, kind: str, draft: Draft) -> None:
    """Refuses the metric, with a skeleton that only lacks the query."""
    source = metric.below(kind.lower())
    identity = source.below("metric")
    older = source.text("metricName")  # of v2beta1
    name = identity.text("name") or older or "?"
    for known in ("target", "describedObject", "selector", "metricSelector"):
        source.raw(known)
    goal, value = _goal(source)
    wanted = _TOTAL[kind] if goal == "AverageValue" else "its value"
    skeleton = (
        f"- name: {_short(name)}\n"
        f"  query: {_hint(name, draft)}  # {wanted}\n"
        f"  target: {{type: {goal}, value: {value}}}"
    )
    why = (
        f"{name!r} is a metric of the {_APIS[kind]} metrics API: only the adapter that serves it "
        "knows what it stands for; write the policy by hand, with the adapter's query:"
    )
    field = "metricName" if older else "metric.name"
    metric.refuse(f"{kind.lower()}.{field}", why, skeleton)


def _goal(source: Fields) -> tuple[str, Any]:
    """Per replica or as a whole, from v2's target or v2beta1's fields."""
    target = source.below("target")
    older = (source.raw("targetAverageValue"), source.raw("averageValue"))
    average = (target.data.get("averageValue"), *older)
    whole = (target.data.get("value"), source.raw("targetValue"))
    for kind, values in (("AverageValue", average), ("Value", whole)):
        given = [value for value in values if value is not None]
        if given:
            return kind, given[0]
    return "AverageValue", "?"


def _short(name: str) -> str:
    managed = _MANAGED.fullmatch(name)
    last = managed[1] if managed else name.rsplit("|", 1)[-1]
    return re.sub(r"[^\w.-]+", "-", last).strip("-") or "metric"


def _hint(name: str, draft: Draft) -> str:
    """Google's adapter says which series it reads; others keep that to their configuration."""
    managed = _MANAGED.fullmatch(name)
    if not managed:
        return "…"
    _, namespace, workload = draft.target
    here = f'namespace="{namespace}",' if namespace else ""
    series = f'{managed[1]}{{{here}pod=~"{workload}-.*"}}'
    return f"sum({series})" if managed[2] == "gauge" else f"sum(rate({series}[2m]))"
