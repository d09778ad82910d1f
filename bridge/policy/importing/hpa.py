"""HorizontalPodAutoscalers, autoscaling/v1 to v2, as policies."""

from __future__ import annotations

from bridge.policy.importing.draft import Draft, carry_behavior, drafted, refuse_inverted
from bridge.policy.importing.fields import Fields
from bridge.policy.importing.foreign_metrics import refuse_foreign
from bridge.policy.importing.resources import ResourceTarget, add_resource
from bridge.policy.importing.surroundings import Surroundings

VERSIONS = tuple(f"autoscaling/{version}" for version in ("v2", "v2beta2", "v2beta1", "v1"))

_DEFAULT_CPU = 80  # what every version asks for where no metric is given
_OF_V1 = "targetCPUUtilizationPercentage"
_ANNOTATED = ("autoscaling.alpha.kubernetes.io/metrics", "autoscaling.alpha.kubernetes.io/behavior")
_UNKNOWN = "unknown to this version of the API, and left behind"


def belongs_to_keda(root: Fields) -> bool:
    """Whether KEDA made this HPA of a ScaledObject, which then is what to import."""
    metadata = root.data.get("metadata")
    owners = metadata.get("ownerReferences") if isinstance(metadata, dict) else None
    mine = [owner for owner in owners or [] if isinstance(owner, dict)]
    name = next((owner.get("name") for owner in mine if owner.get("kind") == "ScaledObject"), None)
    if name is not None:
        root.warn("metadata.ownerReferences", f"made by KEDA: import the ScaledObject {name}")
    return name is not None


def hpa_draft(root: Fields, surroundings: Surroundings) -> Draft:
    """The policy of an HPA; what stands in its way is among the findings."""
    spec = root.below("spec")
    draft = drafted(root, _reference(spec), surroundings.namespace)
    draft.spec["minReplicas"] = _least(spec)
    draft.spec["maxReplicas"] = spec.required("maxReplicas", spec.number("maxReplicas"))
    refuse_inverted(spec, draft, "minReplicas", "maxReplicas")
    _refuse_annotations(root.below("metadata"))
    _add_metrics(root.text("apiVersion") or "", spec, draft)
    carry_behavior(spec, draft)
    spec.name_unread(_UNKNOWN)
    return draft


def _reference(spec: Fields) -> dict[str, str | None]:
    target = spec.below("scaleTargetRef")
    parts = {
        "apiVersion": target.text("apiVersion"),
        "kind": target.required("kind", target.text("kind")) or "",
        "name": target.required("name", target.text("name")) or "",
    }
    target.name_unread(_UNKNOWN)
    return parts


def _least(spec: Fields) -> int:
    least = spec.number("minReplicas")
    if least == 0:
        spec.refuse("minReplicas", "0 needs a metric that exists while no pod does; use 1")
    return 1 if least is None else least


def _refuse_annotations(metadata: Fields) -> None:
    annotations = metadata.below("annotations")
    for name in _ANNOTATED:
        if annotations.has(name):
            annotations.refuse(
                name,
                "a part of the HPA that v1 has no field for; export it as v2: "
                "kubectl get horizontalpodautoscalers.v2.autoscaling NAME -o yaml",
            )


def _add_metrics(version: str, spec: Fields, draft: Draft) -> None:
    metrics = [] if version == "autoscaling/v1" else list(spec.each("metrics"))
    for metric in metrics:
        _add_metric(metric, draft)
    if not metrics:
        _add_cpu(version, spec, draft)


def _add_cpu(version: str, spec: Fields, draft: Draft) -> None:
    percent = spec.number(_OF_V1)
    if version != "autoscaling/v1" and percent not in (None, _DEFAULT_CPU):
        spec.refuse(
            _OF_V1,
            f"a field of autoscaling/v1: {version} drops it and asks for {_DEFAULT_CPU} % cpu; "
            "say under metrics what is meant",
        )
    elif version != "autoscaling/v1" and percent is not None:
        spec.warn(_OF_V1, f"a field of autoscaling/v1; {version} asks for the same by default")
    elif percent is None:
        spec.assume("metrics", f"none given: the HPA's default, {_DEFAULT_CPU} % of the cpu asked")
    target = ResourceTarget("cpu", utilization=_DEFAULT_CPU if percent is None else percent)
    add_resource(spec, _OF_V1 if percent is not None else "metrics", draft, target)


def _add_metric(metric: Fields, draft: Draft) -> None:
    match metric.text("type"):
        case "Resource":
            _add_resource(metric, "resource", draft)
        case "ContainerResource":
            _add_resource(metric, "containerResource", draft)
        case "Pods" | "Object" | "External" as kind:
            refuse_foreign(metric, kind, draft)
        case other:
            metric.refuse("type", f"expected Resource, ContainerResource, …, not {other!r}")
            metric.ignore()
    metric.name_unread("beside the metric's type, and left behind as the HPA does")


def _add_resource(metric: Fields, field: str, draft: Draft) -> None:
    if not metric.has(field):
        metric.refuse(field, "required, but missing")
        return
    source = metric.below(field)
    container = source.text("container")
    if field == "containerResource":
        source.required("container", container)
    resource = source.required("name", source.text("name")) or ""
    utilization, average = _target(source)
    source.name_unread(_UNKNOWN)
    add_resource(
        source, "name", draft, ResourceTarget(resource, utilization, average, container or None)
    )


def _target(source: Fields) -> tuple[int | None, int | str | None]:
    """As a percentage of requests or per pod: v2's target, or v2beta1's fields beside the name."""
    older = source.number("targetAverageUtilization"), source.quantity("targetAverageValue")
    target = source.below("target")
    kind = target.text("type")
    newer = target.number("averageUtilization"), target.quantity("averageValue")
    target.name_unread("a resource has averageUtilization or averageValue; left behind")
    utilization, average = newer if source.has("target") else older
    if (utilization is None) == (average is None):
        source.refuse("target", "expected either averageUtilization or averageValue")
    elif kind not in (None, "Utilization" if average is None else "AverageValue"):
        target.warn("type", f"{kind!r} does not fit what is given, which is what the HPA goes by")
    return utilization, average
