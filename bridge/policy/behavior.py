"""HPA v2's `behavior`: how fast a count may move, and how long the past holds it back."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from bridge.policy.part import Part
from bridge.units import Duration, Quantity

MAX_WINDOW_S = 3600
MAX_PERIOD_S = 1800


class ScalingPolicyRule(Part):
    """How much may change within a period."""

    type: Literal["Pods", "Percent"]
    value: int = Field(gt=0, lt=2**31)
    period_seconds: int = Field(gt=0, le=MAX_PERIOD_S)

    def __str__(self) -> str:
        unit = "%" if self.type == "Percent" else "pod" if self.value == 1 else "pods"
        return f"{self.value} {unit} per {self.period_seconds} s"


class ScalingRules(Part):
    """HPA v2's rules for one direction."""

    stabilization_window_seconds: int | None = Field(None, ge=0, le=MAX_WINDOW_S)
    select_policy: Literal["Max", "Min", "Disabled"] = "Max"
    policies: tuple[ScalingPolicyRule, ...] = Field(min_length=1)
    tolerance: Quantity | None = Field(None, ge=0, description="0.1 is 10 %, the default")


_DOUBLE = ScalingPolicyRule(type="Percent", value=100, period_seconds=15)
_FOUR_PODS = ScalingPolicyRule(type="Pods", value=4, period_seconds=15)


class ScaleUpRules(ScalingRules):
    """The HPA's defaults: at once, and at most the larger of 4 pods and double per 15 s."""

    stabilization_window_seconds: int = Field(0, ge=0, le=MAX_WINDOW_S)
    stabilization_quantile: Quantity = Field(
        Decimal(0),
        ge=0,
        le=1,
        description="which ask of the window counts: 0 the lowest (the HPA's), 500m the median",
    )
    surge: Quantity | None = Field(
        None, ge=0, description="an ask so far above the count (1: double) waits for no window"
    )
    policies: tuple[ScalingPolicyRule, ...] = Field((_FOUR_PODS, _DOUBLE), min_length=1)


class ScaleDownRules(ScalingRules):
    """The HPA's defaults: down to the highest recommendation of the last 300 s (or longer)."""

    stabilization_window_seconds: int | None = Field(
        None,
        ge=0,
        le=MAX_WINDOW_S,
        description="default: 300, or two measured dead times where that is more",
    )
    stabilization_quantile: Quantity = Field(
        Decimal(1),
        ge=0,
        le=1,
        description="which ask of the window counts: 1 the highest (the HPA's), 0.95 all but 5 %",
    )
    policies: tuple[ScalingPolicyRule, ...] = Field((_DOUBLE,), min_length=1)


class Level(Part):
    """In place of the HPA's windows: the count that was enough for most of the last while."""

    window: Duration = Field(2400.0, ge=60, le=MAX_WINDOW_S, description="what it is worked out of")
    quantile: Quantity = Field(
        Decimal("0.8"), ge=0, le=1, description="for which share of the window it was enough"
    )
    up: Quantity = Field(
        Decimal("0.1"), ge=0, description="raise to a level that is more than so far above"
    )
    down: Quantity = Field(
        Decimal("0.15"), ge=0, lt=1, description="lower to a level that is more than so far below"
    )
    surge: Quantity = Field(
        Decimal("1.5"), ge=0, description="raise at once to an ask that is more than so far above"
    )


_OF_THE_WINDOWS = {
    "stabilization_window_seconds": "stabilizationWindowSeconds",
    "stabilization_quantile": "stabilizationQuantile",
    "surge": "surge",
}


class Behavior(Part):
    """HPA v2's `behavior`."""

    scale_up: ScaleUpRules = ScaleUpRules()
    scale_down: ScaleDownRules = ScaleDownRules()
    level: Level | None = Field(
        None, description="hold a level with few commits, in place of the HPA's windows"
    )

    @model_validator(mode="after")
    def _one_way_to_be_steady(self) -> Self:
        if self.level:
            for side, rules in (("scaleUp", self.scale_up), ("scaleDown", self.scale_down)):
                for field in rules.model_fields_set & set(_OF_THE_WINDOWS):
                    name = f"{side}.{_OF_THE_WINDOWS[field]}"
                    raise ValueError(f"level stands in place of {name}: leave one of the two out")
        return self
