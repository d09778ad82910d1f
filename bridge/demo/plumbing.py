"""Git as the demo's people and reconciler use it: the command, in a clean environment."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Final

_SECONDS: Final = 30.0
_PERSON: Final = {
    f"GIT_{role}_{field}": value
    for role in ("AUTHOR", "COMMITTER")
    for field, value in (("NAME", "Shop team"), ("EMAIL", "team@shop.example"))
}


class GitFailed(RuntimeError):
    """A git command ended with an error; the text is git's own."""


def clean_environment() -> dict[str, str]:
    """This process's environment without what would bend git or the service."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "SCALEBRIDGE_"))
    }
    return {
        **kept,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }


async def git(folder: Path, *arguments: str, text: bytes = b"") -> bytes:
    """What `git -C folder …` prints; `text` is its standard input."""
    process = await asyncio.create_subprocess_exec(
        *("git", "-C", str(folder), *arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=clean_environment() | _PERSON,
        process_group=0,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            output, complaint = await process.communicate(text)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise GitFailed(f"git {arguments[0]}: {complaint.decode(errors='replace').strip()}")
    return output
