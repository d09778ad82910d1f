"""Objects whose controllers set the replicas of another one: HPA, ScaledObject, Rollout."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.manifest.claims.fields import Lines, Part
from bridge.manifest.target import Target

AUTOSCALERS = frozenset({"HorizontalPodAutoscaler", "ScaledObject", "HTTPScaledObject"})
_PAUSES = ("autoscaling.keda.sh/paused", "autoscaling.keda.sh/paused-replicas")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns what; `resting` says why it may leave the count alone all the same."""

    by: Target
    owned: Target
    lines: Lines
    resting: str = ""


def owner_of(part: Part) -> Owner | None:
    """What the object owns, if it is such a one."""
    kind = part.text("kind")
    if kind in AUTOSCALERS:
        resting = _paused(part) if kind == "ScaledObject" else ""
        return _owner(part, part.at("spec", "scaleTargetRef"), resting)
    if kind == "Rollout" and part.at("spec", "workloadRef").data:
        never = part.text("spec", "workloadRef", "scaleDown") == "never"
        resting = "workloadRef.scaleDown: never leaves its count alone" if never else ""
        return _owner(part, part.at("spec", "workloadRef"), resting)
    return None


def _owner(part: Part, ref: Part, resting: str) -> Owner | None:
    """The defaults are KEDA's, whose first version wrote deploymentName; others name all."""
    name = ref.text("name") or ref.text("deploymentName")
    if not name:
        return None
    namespace = part.text("metadata", "namespace") or None
    by = Target(
        part.text("kind"), part.text("metadata", "name"), namespace, part.text("apiVersion")
    )
    kind = ref.text("kind") or "Deployment"
    owned = Target(kind, name, namespace, ref.text("apiVersion") or None)
    return Owner(by, owned, part.lines, resting)


def _paused(part: Part) -> str:
    annotations = part.at("metadata", "annotations")
    values = {key: annotations.at(key).data for key in _PAUSES}
    given = [key for key, value in values.items() if value not in (None, False, "false")]
    return f"it is paused ({', '.join(given)})" if given else ""
