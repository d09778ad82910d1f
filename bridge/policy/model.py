"""What an owner asks for, field by field as the HPA and KEDA name them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, field_validator, model_validator

from bridge.formula.composite import composed
from bridge.manifest.target import Target
from bridge.policy.alert import AlertRule
from bridge.policy.approval import Approval
from bridge.policy.behavior import Behavior
from bridge.policy.bounds import bounds_valid
from bridge.policy.fleet import ScaleTargetSelector
from bridge.policy.keda import FallbackPolicy, ScalingModifiersPolicy, Schedule
from bridge.policy.metric import Metric
from bridge.policy.part import Name, Part
from bridge.policy.place import TargetPlace
from bridge.units import Duration

_MOST_STEPS = 10_000
"""Prometheus refuses 11,000 steps of a range and more."""


class Metadata(Part):
    """The policy's own name."""

    name: Name


class ScaleTargetRef(Part):
    """The workload whose `spec.replicas` the policy governs."""

    api_version: str | None = None
    kind: Name = "Deployment"
    name: Name
    namespace: Name | None = None

    @cached_property
    def target(self) -> Target:
        """The same as a value of the pipeline."""
        return Target(self.kind, self.name, self.namespace, self.api_version)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Pydantic's, without the target of the one copied."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("target", None)
        return copied


class Spec(Part):
    """What shall be true of the target, or of each member of a fleet."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["scaleTargetSelector"]},
                {"anyOf": [{"required": ["scaleTargetRef"]}, {"required": ["target"]}]},
            ]
        }
    )

    scale_target_ref: ScaleTargetRef | None = None
    scale_target_selector: ScaleTargetSelector | None = None
    target: TargetPlace | None = Field(
        None, description="where the count stands, if not in the workload's own spec.replicas"
    )
    min_replicas: int = Field(1, ge=0, le=100_000)
    max_replicas: int = Field(ge=1, le=100_000)
    polling_interval: Duration = Field(15.0, ge=1, le=86_400)
    metrics: tuple[Metric, ...] = Field(min_length=1)
    ready_replicas_query: str | None = Field(
        None,
        min_length=1,
        description="live ready replicas; default: kube-state-metrics' series for the kind",
    )
    behavior: Behavior = Behavior()
    in_flight_timeout: Duration = Field(
        600.0, description="a commit older than this is no longer waited for"
    )
    override_hold: Duration = Field(
        1800.0, description="how long a person's change of the count is left alone; 0: not at all"
    )
    alerts: tuple[AlertRule, ...] = ()
    fallback: FallbackPolicy | None = None
    scaling_modifiers: ScalingModifiersPolicy | None = None
    schedules: tuple[Schedule, ...] = ()
    idle_replicas: int | None = Field(
        None, ge=0, description="the count while no metric is above its activation value"
    )
    cooldown_period: Duration | None = Field(
        None, description="how long no metric was active before 0 or idleReplicas; default: 300s"
    )
    approval: Approval | None = Field(
        None, description="changes that a person approves by merging a pull request"
    )
    paused: bool = Field(False, description="hold the count, or pausedReplicas")
    paused_replicas: int | None = Field(None, ge=0, le=100_000)
    paused_until: AwareDatetime | None = None
    paused_scale_in: bool = Field(False, description="no scale-down by metrics or inactivity")
    paused_scale_out: bool = Field(False, description="no scale-up by metrics or activity")
    suspend: bool = False

    @field_validator("paused_until")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        try:
            return value and value.astimezone(UTC)
        except OverflowError as error:
            raise ValueError("no such time in UTC") from error

    @model_validator(mode="after")
    def _governs_one_way(self) -> Self:
        if self.scale_target_selector:
            if self.scale_target_ref or self.target:
                raise ValueError("scaleTargetSelector stands alone: no scaleTargetRef, no target")
        elif not self.scale_target_ref and not (self.target and self.target.says_where):
            raise ValueError(
                "expected scaleTargetRef, scaleTargetSelector, or a target with a path, "
                "kustomizeReplicas or marker"
            )
        return self

    @model_validator(mode="after")
    def _can_look_back_as_far(self) -> Self:
        steps = (self.cooldown_period or 0.0) / self.polling_interval
        if steps > _MOST_STEPS:
            raise ValueError(
                f"cooldownPeriod is {steps:,.0f} times pollingInterval, and Prometheus tells of "
                f"{_MOST_STEPS:,} steps at most: a longer pollingInterval is needed"
            )
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError(
                f"minReplicas {self.min_replicas} is above maxReplicas {self.max_replicas}"
            )
        if not bounds_valid(self.min_replicas, self.max_replicas, self.idle_replicas):
            raise ValueError(f"idleReplicas {self.idle_replicas} is not below minReplicas")
        for schedule in self.schedules:
            if schedule.min_replicas > self.max_replicas:
                raise ValueError(f"schedule {schedule.name}: its minReplicas is above maxReplicas")
        names = [metric.name for metric in self.metrics]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"metric names given twice: {', '.join(sorted(doubled))}")
        if self.scaling_modifiers:
            self._check_modifiers(self.scaling_modifiers, tuple(names))
        elif self.fallback and self.fallback.behavior == "scalingModifiers":
            raise ValueError("fallback.behavior scalingModifiers needs scalingModifiers")
        return self

    def _check_modifiers(self, given: ScalingModifiersPolicy, names: tuple[str, ...]) -> None:
        composed(given.formula, names)
        if seen_ahead := [metric.name for metric in self.metrics if metric.forecast]:
            raise ValueError(
                f"forecast of {', '.join(seen_ahead)}: scalingModifiers makes one value of all "
                "metrics as they are now; leave one of the two out"
            )
        if self.fallback and given.target % 1:
            raise ValueError("fallback beside scalingModifiers needs a whole number as its target")

    def paused_at(self, now: datetime) -> bool:
        """Whether the policy is paused then."""
        if self.paused_until is not None:
            return now < self.paused_until
        return self.paused or self.paused_replicas is not None

    @property
    def rests(self) -> bool:
        """Whether KEDA's activation rules take it to 0 or idleReplicas, and back."""
        if self.idle_replicas is not None:
            return True
        thresholds = [metric.activation_value for metric in self.metrics]
        if self.scaling_modifiers:
            thresholds.append(self.scaling_modifiers.activation_target)
        asked = [self.cooldown_period, *thresholds]
        return self.min_replicas == 0 and any(value is not None for value in asked)


class ScalingPolicy(Part):
    """How many replicas one workload shall have, or each one of a fleet."""

    api_version: Literal["scalebridge/v1"]
    kind: Literal["ScalingPolicy"]
    metadata: Metadata
    spec: Spec

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.metadata.name

    @property
    def is_fleet(self) -> bool:
        """Whether it has to be made into a policy for each member first."""
        return self.spec.scale_target_selector is not None and not self.is_member

    @property
    def is_member(self) -> bool:
        """Whether it is a fleet's policy, made into one for this target."""
        spec = self.spec
        return spec.scale_target_selector is not None and spec.scale_target_ref is not None

    @property
    def title(self) -> str:
        """What it is called among the policies that govern something: unlike all others."""
        return titled(self.name, self.target) if self.is_member else self.name

    @cached_property
    def target(self) -> Target:
        """Whose count it governs, asked for many times a round; a fleet has members instead."""
        spec = self.spec
        workload = spec.scale_target_ref.target if spec.scale_target_ref else None
        if spec.target:
            return spec.target.target(workload)
        if workload is None:
            raise ValueError(f"{self.name} is a fleet: its members have targets")
        return workload


def titled(policy: str, target: Target) -> str:
    """What a fleet's member is called."""
    return f"{policy}: {target}"
