"""The clock: which policies' polling intervals have come round."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.policy.model import ScalingPolicy


class Ticks:
    """Policies of equal interval tick together, so that their equal queries are asked once."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def due(self, policies: Iterable[ScalingPolicy], now: float) -> frozenset[str]:
        """Who, by name, began an interval since the last call; `now` in seconds."""
        turns = {p.name: int(now // p.spec.polling_interval) for p in policies if _active(p)}
        due = {name for name, turn in turns.items() if self._last.get(name) != turn}
        self._last = turns
        return frozenset(due)


def seconds_to_next(policies: Iterable[ScalingPolicy], now: float, at_most: float) -> float:
    """Until the next interval of any policy begins."""
    intervals = {p.spec.polling_interval for p in policies if _active(p)}
    return min([at_most, *(interval - now % interval for interval in intervals)])


def _active(policy: ScalingPolicy) -> bool:
    return not policy.spec.suspend
