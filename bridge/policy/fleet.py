"""A fleet: the workloads that one policy governs, and which labels of a sample name one."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from bridge.policy.part import Name, Part


class ScaleTargetSelector(Part):
    """Every workload of the repo with this kind and these labels."""

    kind: Name = "Deployment"
    match_labels: dict[str, str] = Field(
        min_length=1, description="all of these stand in the workload's own metadata.labels"
    )
    name_label: str | None = Field(
        None,
        min_length=1,
        description="of the samples: names the workload; default: its kind in lower case, "
        "as kube-state-metrics does",
    )
    namespace_label: str | None = Field(
        "namespace",
        min_length=1,
        description="of the samples: names its namespace; null: the samples have none",
    )

    @property
    def naming(self) -> str:
        """The label of the samples that names a workload."""
        return self.name_label or self.kind.lower()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a workload with these labels is a member."""
        return self.match_labels.items() <= labels.items()
