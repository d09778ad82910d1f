"""However many alerts pour in: each policy is decided by them at once, then once a second."""

from __future__ import annotations

from collections.abc import Mapping

GATHER_S = 0.2
"""After alerts were taken, those of the next 0.2 s are taken together."""
_PAUSE_S = 1.0


class Pacing:
    """What alerts woke and when, in seconds of a clock of the caller's."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._decided: dict[str, float] = {}
        self._taken = float("-inf")

    def due(self, woken: Mapping[str, str], now: float) -> dict[str, str]:
        """Whom to decide now, and what woke it: of these, and of those that had to wait."""
        if woken:
            self._taken = now
        asked = {**self._waiting, **woken}
        self._decided = {name: at for name, at in self._decided.items() if at + _PAUSE_S > now}
        self._waiting = {name: alert for name, alert in asked.items() if name in self._decided}
        due = {name: alert for name, alert in asked.items() if name not in self._waiting}
        self._decided |= dict.fromkeys(due, now)
        return due

    def gathering(self, now: float) -> float:
        """For how many seconds alerts that arrive are left to gather."""
        return max(0.0, self._taken + GATHER_S - now)

    def seconds_to_next(self, now: float, at_most: float) -> float:
        """Until a policy that had to wait is due."""
        return min([at_most, *(self._decided[name] + _PAUSE_S - now for name in self._waiting)])
