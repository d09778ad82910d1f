"""The alerts that fired in recorded time, as they would have been read at each moment. Pure."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime

from bridge.evaluate.alerts import STEP_S, Alerts, Spans, alerts_of

_NONE = Alerts()


class AlertHistory:
    """Alerts by the steps in which they fired; of equal moments the same answer."""

    def __init__(self, spans: Spans | None = None) -> None:
        self._spans = spans or {}
        edges = {
            edge for fired in self._spans.values() for one, end in fired for edge in (one, end + 1)
        }
        self._edges = sorted(edges)
        self._known: tuple[int, Alerts] = (0, _NONE)

    def at(self, moment: datetime) -> Alerts:
        """Those that fire at a moment, and those that ended before it; nothing of what comes."""
        if not self._edges:
            return _NONE
        place = bisect_right(self._edges, int(moment.timestamp()) // STEP_S)
        if place != self._known[0]:
            self._known = place, self._read(moment)
        return self._known[1]

    def _read(self, moment: datetime) -> Alerts:
        last = int(moment.timestamp()) // STEP_S
        past = {
            labels: [(begin, min(end, last)) for begin, end in fired if begin <= last]
            for labels, fired in self._spans.items()
        }
        firing = [dict(labels) for labels, fired in past.items() if fired and fired[-1][1] == last]
        return Alerts(alerts_of(firing, past, moment))
