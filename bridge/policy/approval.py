"""Which changes a person approves before they hold."""

from __future__ import annotations

from fractions import Fraction

from pydantic import Field

from bridge.policy.part import Part
from bridge.units import Percent


class Approval(Part):
    """Changes above a size wait in a pull request; the others go straight to the branch."""

    when_change_exceeds: Percent = Field(
        Fraction(0), description="of the committed count; default: every change"
    )
    group: str = Field(
        "scaling",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        description="policies of one group share one pull request",
    )
