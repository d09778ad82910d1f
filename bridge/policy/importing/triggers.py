"""The triggers of a ScaledObject, by type: prometheus, cron, cpu and memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.cron import parse_cron, zone_of
from bridge.policy.importing.draft import Draft
from bridge.policy.importing.fields import Fields
from bridge.policy.importing.prometheus_trigger import add_prometheus
from bridge.policy.importing.resources import ResourceTarget, add_resource
from bridge.policy.importing.surroundings import Surroundings

_NEVER = "1E"  # no cpu or memory comes near
_UNKNOWN = "unknown to KEDA, and left behind"
_ADVICE = (
    "prometheus, cron, cpu and memory can be carried over; export what it measures to Prometheus, "
    "and ask for it in a query"
)


def add_triggers(spec: Fields, draft: Draft, surroundings: Surroundings) -> None:
    """A metric or a schedule for each trigger."""
    triggers = list(spec.each("triggers"))
    if not triggers:
        spec.refuse("triggers", "required, but missing")
    for trigger in triggers:
        kind = trigger.text("type") or ""
        if kind != "prometheus" and "scalingModifiers" in draft.spec:
            trigger.refuse("type", f"{kind} beside a formula, which takes prometheus metrics only")
        _add_trigger(trigger, kind, draft, surroundings)
        trigger.name_unread(_UNKNOWN)
    if not draft.metrics and "schedules" in draft.spec:
        draft.add_metric("schedules-only", "vector(0)", "AverageValue", 1)
        spec.assume("triggers", "schedules alone: the metric always asks for the minimum")


def _add_trigger(trigger: Fields, kind: str, draft: Draft, surroundings: Surroundings) -> None:
    if trigger.flag("useCachedMetrics"):
        trigger.warn("useCachedMetrics", "equal queries are asked once a tick anyway")
    match kind:
        case "prometheus":
            add_prometheus(trigger, draft, surroundings)
        case "cron":
            _add_cron(trigger, draft)
        case "cpu" | "memory":
            _add_resource(trigger, kind, draft)
        case _:
            trigger.raw("metadata")
            trigger.refuse("type", f"no scaler {kind!r} here: {_ADVICE}")
    for name in ("name", "metricType"):
        trigger.text(name)


def _add_cron(trigger: Fields, draft: Draft) -> None:
    metadata = trigger.below("metadata")
    given = {name: metadata.text(name) for name in ("timezone", "start", "end")}
    for name, text in given.items():
        metadata.required(name, text)
    replicas = metadata.required("desiredReplicas", metadata.number("desiredReplicas"))
    metadata.name_unread(_UNKNOWN)
    if trigger.text("metricType") not in (None, "AverageValue"):
        trigger.refuse("metricType", "a cron trigger counts replicas, which is AverageValue")
    _refuse_unusable(metadata, given, replicas)
    schedules = draft.spec.setdefault("schedules", [])
    name = trigger.text("name") or f"cron-{len(schedules)}"
    most = draft.spec["maxReplicas"]
    if replicas is not None and replicas > most:
        metadata.assume("desiredReplicas", f"{replicas} is above the maximum, {most}")
        replicas = most
    schedules.append({"name": name, **given, "minReplicas": replicas})


def _refuse_unusable(
    metadata: Fields, given: Mapping[str, str | None], replicas: int | None
) -> None:
    """What KEDA refuses as well, by the fields' names there."""
    checks: Mapping[str, Callable[[str], object]] = {
        "timezone": zone_of,
        "start": parse_cron,
        "end": parse_cron,
    }
    for name, check in checks.items():
        try:
            if text := given[name]:
                check(text)
        except ValueError as error:
            metadata.refuse(name, str(error))
    if given["start"] and given["start"] == given["end"]:
        metadata.refuse("end", "the same as start")
    if replicas is not None and replicas < 1:
        metadata.refuse("desiredReplicas", f"expected 1 or more, not {replicas}")


def _add_resource(trigger: Fields, kind: str, draft: Draft) -> None:
    metadata = trigger.below("metadata")
    container = metadata.text("containerName") or None
    older, newer = metadata.text("type"), trigger.text("metricType")
    match newer or older:
        case "Utilization":
            target = ResourceTarget(kind, metadata.number("value"), None, container)
        case "AverageValue":
            target = ResourceTarget(kind, None, metadata.quantity("value"), container)
        case other:
            trigger.refuse("metricType", f"expected Utilization or AverageValue, not {other!r}")
            return
    metadata.required("value", metadata.raw("value"))
    metadata.name_unread(_UNKNOWN)
    add_resource(trigger, "type", draft, target)
    if draft.rests and draft.metrics:
        draft.metrics[-1]["activationValue"] = _NEVER
        trigger.assume("type", f"{kind} neither wakes the workload nor keeps it awake, as in KEDA")
