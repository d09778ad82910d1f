"""The section `batch`."""

from __future__ import annotations

from typing import Self

from pydantic import Field
from pydantic import model_validator as checked

from bridge.settings.fields import Section
from bridge.units import Duration


class Window(Section):
    """A debounce: commit after `quiet_period` without news, at the latest after `max_wait`."""

    quiet_period: Duration
    max_wait: Duration

    @checked(mode="after")
    def _ordered(self) -> Self:
        if self.max_wait < self.quiet_period:
            raise ValueError("max_wait must not be shorter than quiet_period")
        return self


class BatchSettings(Window):
    """How long decisions are gathered before they become one commit."""

    quiet_period: Duration = 10.0
    max_wait: Duration = 30.0
    scale_up: Window = Field(
        Window(quiet_period=1.0, max_wait=5.0),
        description="for batches that hold a scale-up, unless the batch's own ends earlier",
    )
    max_commits_per_hour: int | None = Field(
        None, ge=1, description="scale-downs wait for it; scale-ups may make half as many more"
    )
