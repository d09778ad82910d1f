"""A metric of a policy: the query, and what its answer shall be."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from bridge.policy.forecast import Forecast
from bridge.policy.part import Name, Part
from bridge.units import Quantity, milli, parse_duration

_RANGE = re.compile(r"\[((?:\d+(?:ms|[smhdw]))+)(?::[^\]]*)?\]")


class MetricTarget(Part):
    """AverageValue: per replica. Value: for the workload as a whole."""

    type: Literal["AverageValue", "Value"] = "AverageValue"
    value: Quantity = Field(description="what one replica, or the workload, shall have")

    @field_validator("value")
    @classmethod
    def _at_least_a_thousandth(cls, value: Decimal) -> Decimal:
        if value < Decimal("0.001"):
            raise ValueError("must be at least 1m (a thousandth); scale the query up instead")
        return value

    @property
    def milli(self) -> int:
        """Thousandths, the unit in which the HPA calculates."""
        return milli(self.value)


class Metric(Part):
    """A query with one sample as its answer, and what it shall be."""

    name: Name
    query: str = Field(min_length=1, max_length=10_000)
    target: MetricTarget
    activation_value: Quantity | None = Field(
        None, description="above it the workload is woken from 0 or idleReplicas"
    )
    forecast: Forecast | None = Field(
        None, description="decide on the value expected a dead time from now, if that is more"
    )

    @property
    def span(self) -> float:
        """Seconds of the past that its value is made of: the query's longest range, or 0."""
        return _longest_range(self.query)

    @field_validator("query")
    @classmethod
    def _ranges_that_can_be_told(cls, value: str) -> str:
        _longest_range(value)
        return value

    @model_validator(mode="after")
    def _forecasts_a_total(self) -> Self:
        if self.forecast and self.target.type != "AverageValue":
            raise ValueError(
                "forecast needs a target of type AverageValue: "
                "a Value answers to the count, so its trend is as much ours as the load's"
            )
        return self


def _longest_range(query: str) -> float:
    return max(map(parse_duration, _RANGE.findall(query)), default=0.0)
