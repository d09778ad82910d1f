"""What an import has to say about a field: refused, not carried over, or assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["refused", "warning", "assumed"]
"""refused: no policy is made; warning: left behind, harmless; assumed: carried over, like this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One field of a source file, what became of it, and what to do instead."""

    level: Level
    file: str
    line: int
    field: str
    why: str
    skeleton: str = ""
    """A part of a policy to fill in by hand."""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}: {self.field}: {self.why}"
        indented = "".join(f"\n    {line}" for line in self.skeleton.splitlines())
        return f"{self.level}: {text}{indented}"
