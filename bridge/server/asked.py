"""What the page and the API are asked for: parameters, bodies and forms."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bridge.observe.rows import TROUBLE, Sort, State, Wanted

_Reason = Annotated[str, Field(max_length=500)]


class TargetsAsked(BaseModel):
    """Which targets, in which order."""

    model_config = ConfigDict(extra="ignore")

    q: str = Field("", max_length=200, description="words that a target's names or reasons hold")
    state: State | Literal["trouble", ""] = Field("", description="trouble: any that is in doubt")
    sort: Sort = "attention"
    order: Literal["asc", "desc"] = "asc"
    page: int = Field(1, ge=1, le=1_000_000)
    size: int = Field(50, ge=1, le=500)

    @property
    def wanted(self) -> Wanted:
        """For the rows."""
        states = TROUBLE if self.state == "trouble" else {self.state} if self.state else ()
        return Wanted(
            words=tuple(self.q.lower().split()),
            states=frozenset(states),
            sort=self.sort,
            descending=self.order == "desc",
            page=self.page,
            size=self.size,
        )


class Order(BaseModel):
    """Of a release, or to evaluate now."""

    model_config = ConfigDict(extra="forbid")

    reason: _Reason = Field("", description="for the commit and the audit log")


class PauseOrder(Order):
    """Of a pause."""

    until: str = Field(
        max_length=64, description="a duration such as 2h, or a time with its zone; at most 24 h"
    )
