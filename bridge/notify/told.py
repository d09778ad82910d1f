"""What a reconciler said of a notice."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True)
class Told:
    """What a reconciler said; an empty `error` means that it took the notice."""

    reconciler: str
    error: str = ""
    output: str = ""
    """What a command wrote, or the end of it."""
    transient: bool = False
    """Whether it may take the same notice a moment later."""


def told_by(reconciler: str, answer: httpx.Response, transient: Container[int]) -> Told:
    """Of an answer over HTTP; `transient` are the statuses that it documents as such."""
    if answer.is_success:
        return Told(reconciler)
    error = f"HTTP {answer.status_code}: {answer.text[:200]}"
    return Told(reconciler, error, transient=answer.status_code in transient)
