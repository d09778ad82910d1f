"""Resource metrics as PromQL: what the HPA asks of metrics-server, over series that last.

Source: kubernetes pkg/controller/podautoscaler, replica_calculator.go and metrics/utilization.go.
The series are cAdvisor's (usage) and kube-state-metrics' (requests, owners, readiness); why these,
and joined so, is in docs/decisions/0005-resource-metrics.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

Resource = Literal["cpu", "memory"]
RESOURCES: tuple[Resource, ...] = ("cpu", "memory")

_OWNED_BY_REPLICA_SETS = ("Deployment", "Rollout")
_OWNERS = ("StatefulSet", "ReplicaSet", "ReplicationController")
KINDS = (*_OWNED_BY_REPLICA_SETS, *_OWNERS)
"""Kinds whose pods kube-state-metrics can tell."""

_STARTING = "5m"  # the HPA's cpu-initialization-period
_POD = "on (namespace, pod)"
_KEPT = 40  # what is sure to be left of a long name in those of its pods


@dataclass(frozen=True, slots=True)
class Measured:
    """A resource of a workload's pods; of one container in each, where it is named."""

    resource: Resource
    kind: str
    name: str
    namespace: str | None = None
    container: str | None = None

    def utilization(self) -> str:
        """Whole percent of what the pods with samples request, cut off as the HPA does."""
        return (
            "floor(100 *\n"
            f"  sum by (namespace) (\n{_indented(self._usage(), 4)}\n  )\n"
            "  /\n"
            f"  sum by (namespace) (\n{_indented(self._requests(), 4)}\n  )\n"
            ")"
        )

    def usage(self) -> str:
        """The pods' total: the average of those with samples, times all that count."""
        return (
            "avg by (namespace) (\n"
            f"  sum by (namespace, pod) (\n{_indented(self._usage(), 4)}\n  )\n"
            ")\n*\n"
            "count by (namespace) (\n"
            f"  count by (namespace, pod) (\n{_indented(self._counted(), 4)}\n  )\n"
            ")"
        )

    def _usage(self) -> str:
        return f"max by (namespace, pod, container) ({self._used()})\nand {_POD} {self._counted()}"

    def _requests(self) -> str:
        """Of the pods that have samples: a missing sample is no idle pod."""
        wanted = self._of_pods(_equal("resource", self.resource), *self._named_container())
        return (
            f"max by (namespace, pod, container) (kube_pod_container_resource_requests{wanted})\n"
            f"and {_POD} {self._used()}\n"
            f"and {_POD} {self._counted()}"
        )

    def _used(self) -> str:
        real = ('container!=""', 'container!="POD"')  # neither a pod's total nor its sandbox
        containers = self._of_pods(*(self._named_container() or real))
        if self.resource == "memory":
            return f"container_memory_working_set_bytes{containers}"
        return f"irate(container_cpu_usage_seconds_total{containers}[5m])"  # as metrics-server

    def _counted(self) -> str:
        """Pods of the workload that were ready at some time while a pod may be starting."""
        ready = f"kube_pod_status_ready{self._of_pods(_equal('condition', 'true'))}[{_STARTING}]"
        return f"max_over_time({ready}) == 1\nand {_POD} {self._owned()}"

    def _owned(self) -> str:
        this = (_equal("owner_kind", self.kind), _equal("owner_name", self.name))
        if self.kind in _OWNERS:
            return f"kube_pod_owner{self._of_pods(*this)}"
        pods = self._of_pods(_equal("owner_kind", "ReplicaSet"))
        return (
            f"(\n  kube_pod_owner{pods}\n  and on (namespace, owner_name)\n  label_replace("
            f"kube_replicaset_owner{self._here(*this)}, "
            '"owner_name", "$1", "replicaset", "(.*)")\n)'
        )

    def _named_container(self) -> tuple[str, ...]:
        return (_equal("container", self.container),) if self.container else ()

    def _of_pods(self, *matchers: str) -> str:
        """The names spare Prometheus most other pods; whose pods they are, the owner says."""
        start = self.name[:_KEPT].replace(".", "[.]")
        return self._here(f'pod=~"{start}.*"', *matchers)

    def _here(self, *matchers: str) -> str:
        namespace = (_equal("namespace", self.namespace),) if self.namespace else ()
        return "{" + ",".join((*namespace, *matchers)) + "}"


def _equal(label: str, value: str) -> str:
    return f"{label}={json.dumps(value, ensure_ascii=False)}"


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())
