"""What one source may have: webhooks per second, by a bucket of tokens each, and bytes at once."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from ipaddress import IPv6Address, ip_network

_MOST_SOURCES = 10_000
_BURST_S = 2.0


@lru_cache(1024)
def source_of(address: str) -> str:
    """Whose address it is: of IPv6 a whole /64, which is what one customer gets at least."""
    try:
        found = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))


class RateLimit:
    """Refills with `rate` per second, up to two seconds' worth; 0 is no limit."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Tokens and when they were counted, by source; the longest silent one first."""

    def allows(self, address: str, now: float) -> bool:
        """Whether one more is fine now, in seconds of any steady clock; then it is counted."""
        if not self._rate:
            return True
        source = source_of(address)
        most = self._rate * _BURST_S
        tokens, since = self._left.pop(source, (most, now))
        tokens = min(most, tokens + (now - since) * self._rate)
        allowed = tokens >= 1
        self._left[source] = (tokens - 1 if allowed else tokens, now)
        if len(self._left) > _MOST_SOURCES:
            self._left.popitem(last=False)
        return allowed


class Room:
    """For the bytes of so many bodies at once; half of them of one source."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, address: str, size: int) -> Iterator[bool]:
        """Whether so many more bytes fit; those that do are taken until this is left."""
        source = source_of(address)
        own, all_ = self._taken[source] + size, self._taken.total() + size
        if not (fits := own <= self._most // 2 and all_ <= self._most):
            size = 0
        self._taken[source] += size
        try:
            yield fits
        finally:
            self._taken -= Counter({source: size})
