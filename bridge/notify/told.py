"""What a reconciler said of a notice."""

from __future__ import annotations

from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True)
class Told:
    """What a reconciler said; an empty `error` means that it took the notice."""

    reconciler: str
    error: str = ""
    output: str = ""
    """What a command wrote, or the end of it."""


def told_by(reconciler: str, answer: httpx.Response) -> Told:
    """Of an answer over HTTP."""
    if answer.is_success:
        return Told(reconciler)
    return Told(reconciler, f"HTTP {answer.status_code}: {answer.text[:200]}")
