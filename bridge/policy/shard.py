"""A share of the targets: what one of several instances decides, by a stable hash of each target.

Lamping and Veach, A Fast, Minimal Memory, Consistent Hash Algorithm, 2014: from n instances to n+1
only the targets of the new one change hands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Self

from bridge.policy.model import ScalingPolicy

_MOST: Final = 1_000
_TEXT: Final = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")
_FACTOR: Final = 2862933555777941757


@dataclass(frozen=True, slots=True)
class Shard:
    """The `index`th of `count` shares, from 1 on."""

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """As `2/5` writes it; `7/5` is another 2/5, which is its hot standby.

        Raises:
            ValueError: it is none.
        """
        found = _TEXT.fullmatch(text)
        index, count = map(int, found.groups()) if found else (0, 0)
        if not (index >= 1 and 1 <= count <= _MOST):
            raise ValueError(f"expected I/N from 1/N on, as in 2/5, with N up to {_MOST}")
        return cls((index - 1) % count + 1, count)

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def has(self, policy: ScalingPolicy) -> bool:
        """Whether this policy's target is of this share; a fleet without members goes by name."""
        if self.count == 1:
            return True
        name = policy.name if policy.is_fleet else str(policy.target)
        return _share(name, self.count) == self.index


WHOLE: Final = Shard()


def _share(name: str, count: int) -> int:
    """Jump consistent hash: from 1 to `count`."""
    key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
    found, after = -1, 0
    while after < count:
        found = after
        key = (key * _FACTOR + 1) & 0xFFFF_FFFF_FFFF_FFFF
        after = int((found + 1) * ((1 << 31) / ((key >> 33) + 1)))
    return found + 1
