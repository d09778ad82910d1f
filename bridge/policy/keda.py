"""What a policy may ask for beyond the HPA, by KEDA's names."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from bridge.cron import parse_cron, zone_of
from bridge.policy.part import Name, Part
from bridge.units import Quantity, milli


class FallbackPolicy(Part):
    """How many replicas while a metric's source fails."""

    failure_threshold: int = Field(ge=0, le=1000, description="failures in a row before it")
    replicas: int = Field(ge=0, le=100_000)
    behavior: Literal[
        "static",
        "currentReplicas",
        "currentReplicasIfHigher",
        "currentReplicasIfLower",
        "scalingModifiers",
    ] = "static"


class ScalingModifiersPolicy(Part):
    """One value made of all metrics, in place of each metric's own target."""

    formula: str = Field(min_length=1, max_length=4000)
    target: Quantity = Field(ge=Decimal("0.001"))
    activation_target: Quantity | None = None
    metric_type: Literal["AverageValue", "Value"] = "AverageValue"

    @property
    def milli(self) -> int:
        """The target in thousandths."""
        return milli(self.target)


class Schedule(Part):
    """A window of time that raises the minimum, and wakes what rests at 0 or idleReplicas."""

    name: Name
    timezone: str = Field(description="such as Europe/Berlin")
    start: str = Field(description="five cron fields: when the window opens")
    end: str = Field(description="five cron fields: when it closes")
    min_replicas: int = Field(ge=1, le=100_000)

    @field_validator("timezone")
    @classmethod
    def _a_zone(cls, value: str) -> str:
        zone_of(value)
        return value

    @field_validator("start", "end")
    @classmethod
    def _a_schedule(cls, value: str) -> str:
        parse_cron(value)
        return value

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.start == self.end:
            raise ValueError("start and end are the same")
        return self
