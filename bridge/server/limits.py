"""How many webhooks one address may send: a bucket of tokens each."""

from __future__ import annotations

from collections import OrderedDict

_MOST_SOURCES = 10_000
_BURST_S = 2.0


class RateLimit:
    """Refills with `rate` per second, up to two seconds' worth; 0 is no limit."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Tokens and when they were counted, by source; the longest silent one first."""

    def allows(self, source: str, now: float) -> bool:
        """Whether one more is fine now, in seconds of any steady clock; then it is counted."""
        if not self._rate:
            return True
        most = self._rate * _BURST_S
        tokens, since = self._left.pop(source, (most, now))
        tokens = min(most, tokens + (now - since) * self._rate)
        allowed = tokens >= 1
        self._left[source] = (tokens - 1 if allowed else tokens, now)
        if len(self._left) > _MOST_SOURCES:
            self._left.popitem(last=False)
        return allowed
