"""What became of one query, for whoever counts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.errors import MetricsUnavailable


@dataclass(frozen=True, slots=True)
class Asked:
    """How long a query took, in seconds, and its error if it has no answer."""

    seconds: float
    error: MetricsUnavailable | None = None


Heard = Callable[[Asked], None]
