"""The section `confirm`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bridge.settings.fields import Section
from bridge.units import Duration

_Name = Annotated[str, Field(min_length=1)]


class ConfirmSettings(Section):
    """Who is believed when a commit is live, besides the ready replicas, and Argo CD's API."""

    timeout: Duration = Field(600.0, gt=0, description="a commit not live by then is stuck")
    poll_interval: Duration = Field(10.0, gt=0, description="while a commit is not live")
    commit_status: tuple[_Name, ...] = Field(
        (), description="contexts on GitHub that tell of a deployment, or patterns: kustomization/*"
    )
    flux: tuple[_Name, ...] = Field(
        (), description="KIND/NAMESPACE/NAME that all have to be live; default: one of any name"
    )
