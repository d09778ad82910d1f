"""A Resource metric of an HPA, or a cpu or memory trigger of KEDA, as a metric of a policy."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.policy.importing.draft import Draft
from bridge.policy.importing.fields import Fields
from bridge.policy.importing.resource_metrics import KINDS, RESOURCES, Measured

_BY_HAND = "write the metric by hand, as a query"


@dataclass(frozen=True, slots=True)
class ResourceTarget:
    """What of a resource each pod shall use: whole percent of its requests, or this much."""

    resource: str
    utilization: int | None = None
    average: int | str | None = None
    container: str | None = None


def add_resource(fields: Fields, name: str, draft: Draft, target: ResourceTarget) -> None:
    """Adds the metric, or refuses it in the field of that name."""
    if target.resource not in RESOURCES:
        known = " and ".join(RESOURCES)
        fields.refuse(name, f"{target.resource!r}: only {known} have a known series; {_BY_HAND}")
        return
    if draft.kind not in KINDS:
        known = ", ".join(KINDS)
        fields.refuse(
            name,
            f"which pods are those of a {draft.kind}, kube-state-metrics does not say (it does "
            f"for {known}); {_BY_HAND}",
        )
        return
    _, namespace, workload = draft.target
    measured = Measured(target.resource, draft.kind, workload, namespace, target.container)
    _add(fields, name, draft, measured, target)


def _add(
    fields: Fields, name: str, draft: Draft, measured: Measured, target: ResourceTarget
) -> None:
    resource, container = measured.resource, measured.container
    called = f"{resource}-{container}" if container else resource
    whose = f"container {container}" if container else "each pod"
    if target.utilization is not None:
        draft.add_metric(called, measured.utilization(), "Value", target.utilization)
        fields.assume(
            name,
            f"{target.utilization} % of the {resource} that {whose} requests, by cAdvisor's and "
            "kube-state-metrics' series",
        )
    elif target.average is not None:
        draft.add_metric(called, measured.usage(), "AverageValue", target.average)
        fields.assume(name, f"the {resource} that {whose} uses, by cAdvisor's series")
