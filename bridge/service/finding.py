"""What a check of `doctor` came to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """In a line; where it failed, the line says what to do."""

    check: str
    ok: bool
    text: str
    tried: bool = True
    """False: another check failed on which this one rests, so that nothing is known."""
