"""What the files themselves don't say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A namespace for objects without one, and the Prometheus that scalebridge asks."""

    namespace: str | None = None
    prometheus_url: str | None = None
