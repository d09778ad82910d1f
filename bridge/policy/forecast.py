"""A metric's forecast: decide on what it is expected to be when a change takes effect."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bridge.policy.part import Part
from bridge.units import Duration

_HORIZON = "how far ahead while no dead time was measured"


class LinearForecast(Part):
    """The straight line through the last `window`, as `predict_linear` draws it."""

    type: Literal["linear"]
    window: Duration = Field(600.0, ge=30, le=86_400, description="what the line is drawn through")
    horizon: Duration = Field(60.0, gt=0, le=3600, description=_HORIZON)


class SeasonalForecast(Part):
    """What the metric did next at the same hour of past days or weeks, on top of its value now."""

    type: Literal["seasonal"]
    period: Duration = Field(86_400.0, ge=7200, description="1d: each day is alike; 1w: each week")
    periods: int = Field(
        1, ge=1, le=8, description="how many are looked back at; the median counts"
    )
    horizon: Duration = Field(60.0, gt=0, le=3600, description=_HORIZON)


Forecast = Annotated[LinearForecast | SeasonalForecast, Field(discriminator="type")]
