"""KEDA's ScaledObjects, keda.sh and before it keda.k8s.io, as policies."""

from __future__ import annotations

from bridge.policy.importing.annotations import carry_annotations
from bridge.policy.importing.draft import Draft, carry_behavior, drafted, refuse_inverted
from bridge.policy.importing.fields import Fields
from bridge.policy.importing.resource_metrics import RESOURCES
from bridge.policy.importing.surroundings import Surroundings
from bridge.policy.importing.triggers import add_triggers

VERSIONS = ("keda.sh/v1alpha1", "keda.k8s.io/v1alpha1")

_MOST, _COOLDOWN_S = 100, 300  # KEDA's defaults
_HPA_PERIOD_S = 15
_FALLBACK = ("failureThreshold", "replicas", "behavior")
_MODIFIERS = ("formula", "target", "activationTarget", "metricType")
_UNKNOWN = "unknown to KEDA, and left behind"


def scaled_object_draft(root: Fields, surroundings: Surroundings) -> Draft:
    """The policy of a ScaledObject; what stands in its way is among the findings."""
    spec = root.below("spec")
    draft = drafted(root, _reference(spec), surroundings.namespace)
    draft.spec["minReplicas"] = _least(spec)
    most = spec.number("maxReplicaCount")
    draft.spec["maxReplicas"] = _MOST if most is None else most
    if most is None:
        spec.assume("maxReplicaCount", f"not given: KEDA's default, {_MOST}")
    refuse_inverted(spec, draft, "minReplicaCount", "maxReplicaCount")
    _carry_interval(spec, draft)
    _carry_advanced(spec.below("advanced"), draft)
    _carry_rest(spec, draft)
    add_triggers(spec, draft, surroundings)
    _carry_parts(spec, "fallback", _FALLBACK, draft)
    carry_annotations(root.below("metadata"), draft)
    spec.name_unread(_UNKNOWN)
    return draft


def _reference(spec: Fields) -> dict[str, str | None]:
    target = spec.below("scaleTargetRef")
    oldest = target.text("deploymentName")  # of keda.k8s.io, with containerName
    kind = target.text("kind") or "Deployment"
    version = target.text("apiVersion") or ("apps/v1" if kind == "Deployment" else None)
    name = target.text("name") or oldest or target.required("name", None) or ""
    for container in ("envSourceContainerName", "containerName"):
        if target.text(container):
            target.warn(container, "only says where KEDA finds environment variables of triggers")
    target.name_unread(_UNKNOWN)
    if spec.text("scaleType") == "job" or spec.has("jobTargetRef"):
        spec.refuse("jobTargetRef", "starts Jobs, so there is no count that Git could hold")
    return {"apiVersion": version, "kind": kind, "name": name}


def _least(spec: Fields) -> int:
    least = spec.number("minReplicaCount") or 0
    kinds = {trigger.text("type") for trigger in spec.each("triggers")}
    if least == 0 and kinds and kinds <= set(RESOURCES):
        spec.assume("minReplicaCount", "1: with cpu and memory alone, KEDA never goes to 0")
        return 1
    return least


def _carry_interval(spec: Fields, draft: Draft) -> None:
    seconds = spec.number("pollingInterval")
    if seconds is None:
        return
    draft.spec["pollingInterval"] = f"{seconds}s"
    if seconds > _HPA_PERIOD_S:
        spec.warn(
            "pollingInterval",
            f"KEDA goes by it at 0 replicas, and leaves the rest to its HPA every {_HPA_PERIOD_S} "
            "s; here all is decided at this interval",
        )


def _carry_rest(spec: Fields, draft: Draft) -> None:
    """What only counts where there is a state of rest: 0 replicas, or an idle count."""
    idle, cooldown = spec.number("idleReplicaCount"), spec.number("cooldownPeriod")
    if idle is not None:
        draft.spec["idleReplicas"] = idle
        least = max(1, draft.spec["minReplicas"])
        if idle >= least:
            spec.refuse("idleReplicaCount", f"{idle} is not below minReplicaCount, {least}")
    if draft.rests:
        draft.spec["cooldownPeriod"] = f"{_COOLDOWN_S if cooldown is None else cooldown}s"
    elif cooldown is not None:
        spec.warn("cooldownPeriod", "KEDA waits so before 0 or an idle count, and here is neither")
    if spec.number("initialCooldownPeriod"):
        spec.warn(
            "initialCooldownPeriod",
            "counts only from the ScaledObject's creation; a policy knows no such time",
        )


def _carry_advanced(advanced: Fields, draft: Draft) -> None:
    config = advanced.below("horizontalPodAutoscalerConfig")
    carry_behavior(config, draft)
    if config.text("name"):
        config.warn("name", "no HPA is made, so none gets a name")
    config.name_unread(_UNKNOWN)
    if advanced.flag("restoreToOriginalReplicaCount"):
        advanced.warn(
            "restoreToOriginalReplicaCount",
            "when a policy goes, its count stays as last committed; commit another if it shall not",
        )
    _carry_parts(advanced, "scalingModifiers", _MODIFIERS, draft)
    advanced.name_unread(_UNKNOWN)


def _carry_parts(fields: Fields, name: str, parts: tuple[str, ...], draft: Draft) -> None:
    """A mapping whose fields are named as ours."""
    source = fields.below(name)
    given = {part: source.raw(part) for part in parts if source.has(part)}
    source.name_unread(_UNKNOWN)
    if given:
        draft.spec[name] = given
