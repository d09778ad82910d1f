"""What a process takes up on this machine, by /proc: the kernel's word, not the process's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self

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


def least(seen: Sequence[Footprint]) -> Footprint:
    """The least of each: some moments catch it at work."""
    return Footprint(*map(min, zip(*map(astuple, seen), strict=True)))
