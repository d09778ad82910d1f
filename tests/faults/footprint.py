"""What a process takes up on this machine, by /proc: the kernel's word, not the process's own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final, Self

from tests.faults.oracle import Invariant

QUERIES: Final = 2
"""At once: as many policies as there are, so that the pools of their threads fill up soon."""
POOLS: Final = 1 + 1 + QUERIES + min(32, (os.cpu_count() or 1) + 4)
"""The loop's thread, git's, the queries', and asyncio's own: pools that fill up as needed."""
_PARENT = re.compile(r"^PPid:\t(\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of resident memory, and how many of all the others."""

    memory: int
    threads: int
    descriptors: int
    children: int
    temporary: int

    @classmethod
    def of(cls, pid: int, temporary: Path) -> Self:
        """Of a process that runs; what lies in its folder for temporary files."""
        status = Path(f"/proc/{pid}/status").read_text("ascii")
        fields = dict(re.findall(r"^(\w+):\s+(\d+)", status, re.MULTILINE))
        return cls(
            memory=int(fields["VmRSS"]) * 1024,
            threads=int(fields["Threads"]),
            descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
            children=_children(pid),
            temporary=len(list(temporary.iterdir())),
        )


def _children(pid: int) -> int:
    found = 0
    for process in Path("/proc").iterdir():
        with suppress(OSError):  # it ended meanwhile, or is none
            status = (process / "status").read_text("ascii", errors="replace")
            parent = _PARENT.search(status)
            found += parent is not None and int(parent[1]) == pid
    return found


def _least(seen: Sequence[Footprint]) -> Footprint:
    """The least of each: some moments catch it at work."""
    return Footprint(*map(min, zip(*map(astuple, seen), strict=True)))


def growing(seen: Sequence[Footprint]) -> Iterator[tuple[Invariant, str]]:
    """What is not flat from the second quarter of a life to its last, and how it went."""
    part = len(seen) // 4
    early, late = _least(seen[part : 2 * part]), _least(seen[-part:])
    flat: dict[Invariant, bool] = {
        "memory": late.memory <= early.memory * 1.05,
        "threads": late.threads <= min(POOLS, early.threads + 2),
        "descriptors": late.descriptors <= early.descriptors + 2,
        "children": late.children <= early.children,
        "temporary": late.temporary <= early.temporary,
    }
    for what, is_so in flat.items():
        if not is_so:
            yield what, f"{early} grew to {late}"
