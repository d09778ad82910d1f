"""The few words of PromQL that the demo's policies and rules use, over recorded scrapes. Pure.

`metric{label="value"}`, `rate(…[5s])`, `sum|avg|min|max(…)` and `… > number`; nothing else.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

Labels = tuple[tuple[str, str], ...]
Scrape = Mapping[Labels, float]
Vector = dict[Labels, float]

_STALE_AFTER: Final = 300.0
_KEPT: Final = 600
_AGGREGATES: Final[Mapping[str, Callable[[Iterable[float]], float]]] = {
    "sum": sum,
    "avg": fmean,
    "min": min,
    "max": max,
}
_ABOVE: Final = re.compile(r"(.+)>\s*([0-9.]+)", re.DOTALL)
_CALL: Final = re.compile(r"(\w+)\s*\((.*)\)", re.DOTALL)
_WINDOW: Final = re.compile(r"(.+)\[(\d+)s\]", re.DOTALL)
_SELECTOR: Final = re.compile(r"([a-zA-Z_:][\w:]*)\s*(?:\{([^{}]*)\})?")
_MATCHER: Final = re.compile(r'\s*(\w+)\s*=\s*"([^"\\]*)"\s*')


class QueryUnknown(ValueError):
    """A query beyond the few words that the stand-in knows."""


@dataclass(slots=True)
class Recording:
    """The last minutes of scrapes, oldest first."""

    times: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))
    scrapes: deque[Scrape] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def add(self, at: float, scrape: Scrape) -> None:
        """Appends one scrape; times only grow."""
        self.times.append(at)
        self.scrapes.append(scrape)

    def last(self, at: float) -> Scrape:
        """The scrape in force at a time; what it lacks is gone, as with Prometheus' staleness."""
        place = bisect_right(self.times, at)
        fresh = place > 0 and self.times[place - 1] > at - _STALE_AFTER
        return self.scrapes[place - 1] if fresh else {}

    def between(self, start: float, end: float) -> Sequence[tuple[float, Scrape]]:
        """The scrapes of a span, both ends included."""
        places = range(bisect_left(self.times, start), bisect_right(self.times, end))
        return [(self.times[place], self.scrapes[place]) for place in places]


def evaluate(query: str, recording: Recording, at: float) -> Vector:
    """The query's instant vector at a time.

    Raises:
        QueryUnknown: the query uses more of PromQL than is known here.
    """
    text = query.strip()
    if above := _ABOVE.fullmatch(text):
        limit = float(above[2])
        samples = evaluate(above[1], recording, at)
        return {labels: value for labels, value in samples.items() if value > limit}
    if call := _CALL.fullmatch(text):
        return _called(call[1], call[2], recording, at)
    name, wanted = _selector(text)
    return _matching(recording.last(at), name, wanted)


def _called(function: str, argument: str, recording: Recording, at: float) -> Vector:
    if function == "rate":
        return _rate(argument, recording, at)
    if function not in _AGGREGATES:
        raise QueryUnknown(f"the stand-in does not know {function}()")
    samples = evaluate(argument, recording, at)
    return {(): _AGGREGATES[function](samples.values())} if samples else {}


def _rate(argument: str, recording: Recording, at: float) -> Vector:
    """The slope between the window's first and last sample; our counters never restart."""
    window = _WINDOW.fullmatch(argument.strip())
    if window is None:
        raise QueryUnknown(f"the stand-in needs a window in seconds, not {argument!r}")
    name, wanted = _selector(window[1])
    scrapes = recording.between(at - float(window[2]), at)
    if len(scrapes) < 2:
        return {}
    (start, first), (end, last) = scrapes[0], scrapes[-1]
    return {
        tuple(pair for pair in labels if pair[0] != "__name__"): (value - first[labels])
        / (end - start)
        for labels, value in _matching(last, name, wanted).items()
        if labels in first
    }


def _selector(text: str) -> tuple[str, frozenset[tuple[str, str]]]:
    found = _SELECTOR.fullmatch(text.strip())
    if found is None:
        raise QueryUnknown(f"the stand-in does not know this query: {text.strip()}")
    matchers = [part for part in (found[2] or "").split(",") if part.strip()]
    pairs = [_MATCHER.fullmatch(matcher) for matcher in matchers]
    if not all(pairs):
        raise QueryUnknown(f'the stand-in knows label="value" only: {text.strip()}')
    return found[1], frozenset((pair[1], pair[2]) for pair in pairs if pair)


def _matching(scrape: Scrape, name: str, wanted: frozenset[tuple[str, str]]) -> Vector:
    asked = wanted | {("__name__", name)}
    return {labels: value for labels, value in scrape.items() if asked <= set(labels)}
