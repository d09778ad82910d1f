"""What runs on this machine, and with which arguments."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

_POLL_S = 0.02


def command_lines() -> dict[int, str]:
    """The arguments of every process, by its id."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it ended meanwhile
                arguments = (folder / "cmdline").read_bytes()
                found[int(folder.name)] = arguments.replace(b"\0", b" ").decode(errors="replace")
    return found


def running(part: str) -> list[str]:
    """The command lines that hold this text."""
    return [line for line in command_lines().values() if part in line]


def until(fact: Callable[[], object], within: float = 20) -> None:
    """Wait for a fact."""
    deadline = time.monotonic() + within
    while not fact():
        if time.monotonic() > deadline:
            pytest.fail(f"not so after {within:g} s: {getattr(fact, '__qualname__', fact)}")
        time.sleep(_POLL_S)
