"""Demand over time, made up: in units of work per second at each second. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Demand = Callable[[float], float]
"""Work per second, by seconds since the beginning."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A demand with a name and a length in seconds."""

    name: str
    seconds: int
    at: Demand
