"""KEDA's ScaledObjects, keda.sh and before it keda.k8s.io, as policies."""

from __future__ import annotations

from bridge.policy.importing.annotations import carry_annotations
from bridge.policy.importing.draft import Draft, carry_behavior, drafted
from bridge.policy.importing.fields import Fields
from bridge.policy.importing.surroundings import Surroundings
from bridge.policy.importing.triggers import add_triggers

VERSIONS = ("keda.sh/v1alpha1", "keda.k8s.io/v1alpha1")

_MOST = 100  # KEDA's default
_HPA_PERIOD_S = 15
_FALLBACK = ("failureThreshold", "replicas", "behavior")
_MODIFIERS = ("formula", "target", "activationTarget", "metricType")
_UNKNOWN = "unknown to KEDA, and left behind"


def scaled_object_draft(root: Fields, surroundings: Surroundings) -> Draft:
    """The policy of a ScaledObject; what stands in its way is among the findings."""
    spec = root.below("spec")
    draft = drafted(root, _reference(spec), surroundings.namespace)
    draft.spec["minReplicas"] = spec.number("minReplicaCount") or 0
    most = spec.number("maxReplicaCount")
    draft.spec["maxReplicas"] = _MOST if most is None else most
    if most is None:
        spec.assume("maxReplicaCount", f"not given: KEDA's default, {_MOST}")
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
    idle = spec.number("idleReplicaCount")
    if idle is not None:
        draft.spec["idleReplicas"] = idle
    for name in ("cooldownPeriod", "initialCooldownPeriod"):
        seconds = spec.number(name)
        if seconds is None:
            continue
        if idle is None and draft.spec["minReplicas"] > 0:
            spec.warn(name, "KEDA waits so before 0 or an idle count, and here is neither")
        else:
            draft.spec[name] = f"{seconds}s"


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
