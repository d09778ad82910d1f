"""What the cases ask for and no policy has: the HPA's targets by kind, KEDA's texts.

Sources: kubernetes pkg/controller/podautoscaler/horizontal.go and replica_calculator.go;
kedacore/keda pkg/scalers/cron_scaler.go, pkg/fallback/fallback.go and controllers/keda/hpa.go.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.cron import CronInvalid, parse_cron
from bridge.decide.normalization import Condition
from bridge.decide.pause import Pauses
from bridge.decide.recommendation import MAX_INT64, Tolerance, quotient
from bridge.decide.reconcile import Pass, written
from bridge.decide.wish import Goal, Scale
from tests.conformance.per_pod import Pod, per_pod

_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
_WHOLE_32 = re.compile(r"[+-]?[0-9]{1,10}")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")


def usage_per_replica(usage_milli: int, replicas: int) -> int:
    """What each replica has of the usage, rounded up."""
    share = quotient(float(usage_milli), float(replicas))
    if usage_milli >= MAX_INT64 or share == math.inf:
        return MAX_INT64
    return 0 if math.isnan(share) else math.ceil(share)


def wish_of_pods(pods: Sequence[Pod], goal: Goal, scale: Scale, tolerance: Tolerance) -> int:
    """The count that a Pods metric asks for.

    Raises:
        MetricsUnavailable: no pod has a value that counts.
    """
    return per_pod(pods, goal.milli, scale.spec, tolerance).replicas


def external_goal(average_milli: int | None, value_milli: int | None) -> Goal | None:
    """An External metric's target: averageValue wins, the type field is ignored."""
    if average_milli is not None:
        return Goal("AverageValue", average_milli)
    return None if value_milli is None else Goal("Value", value_milli)


def object_goal(kind: str, average_milli: int | None, value_milli: int | None) -> Goal | None:
    """An Object metric's target: the one that the type field names."""
    if kind == "Value" and value_milli is not None:
        return Goal("Value", value_milli)
    if kind == "AverageValue" and average_milli is not None:
        return Goal("AverageValue", average_milli)
    return None


def unread() -> Mapping[str, Condition]:
    """The conditions where the target's count can't be read."""
    return {"AbleToScale": Condition("False", "FailedGetScale")}


def unwritten(found: Pass) -> Pass:
    """The pass after its count could not be written."""
    if not found.rescales:
        return written(found)
    conditions = {**found.conditions, "AbleToScale": Condition("False", "FailedUpdateScale")}
    return replace(found, conditions=conditions, desired=found.current, cause=None, error=True)


def whole_number(target: str) -> bool:
    """Whether a target's text is a whole number above 0."""
    digits = target[1:] if target[:1] in ("+", "-") else target
    return digits.isascii() and digits.isdigit() and 0 < int(target) < 2**63


def pauses_of(annotations: Mapping[str, str]) -> Pauses:
    """By KEDA's annotations, named without their prefix."""

    def is_on(name: str) -> bool:
        return name in annotations and annotations[name] not in _FALSE

    return Pauses(
        paused="paused-replicas" in annotations or is_on("paused"),
        scale_in=is_on("paused-scale-in"),
        scale_out=is_on("paused-scale-out"),
        force_activation=is_on("force-activation"),
    )


def paused_count(annotations: Mapping[str, str]) -> int | None:
    """The count to pause at; None if none is given.

    Raises:
        ValueError: it is no whole number of 32 bits.
    """
    text = annotations.get("paused-replicas")
    if text is None:
        return None
    if not _WHOLE_32.fullmatch(text) or not -(2**31) <= int(text) < 2**31:
        raise ValueError(f"paused-replicas: {text!r} is not a whole number")
    return int(text)


def trigger_faults(metadata: Mapping[str, str]) -> list[str]:
    """What is wrong with a cron trigger as KEDA writes it; the zone is looked up later."""
    given = {name: value.strip() for name, value in metadata.items()}
    names = ("timezone", "start", "end", "desiredReplicas")
    if missing := [name for name in names if not given.get(name)]:
        return [f"{name} is missing" for name in missing]
    faults = []
    for name in ("start", "end"):
        try:
            parse_cron(given[name])
        except CronInvalid as error:
            faults.append(f"{name}: {error}")
    if given["start"] == given["end"]:
        faults.append("start and end are the same")
    replicas = given["desiredReplicas"]
    if not _WHOLE.fullmatch(replicas) or int(replicas) == 0:
        faults.append(f"desiredReplicas: {replicas!r} is not a whole number other than 0")
    return faults
