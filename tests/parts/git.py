"""The git command, free of the settings of whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

CLEAN: Final = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


class GitFailed(AssertionError):
    """A git command of a test ended with an error; the text is what git said."""


def environment(settings: Mapping[str, str] | None = None, **variables: str) -> dict[str, str]:
    """PATH, clean settings, and these `key: value` settings of git."""
    given = settings or {}
    counted = {"GIT_CONFIG_COUNT": str(len(given))}
    for index, (key, value) in enumerate(given.items()):
        counted |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        **CLEAN,
        "LC_ALL": "C",
        **counted,
        **variables,
    }


def git(
    folder: Path, *arguments: str, given: bytes | None = None, env: Mapping[str, str] | None = None
) -> bytes:
    """What git prints when run in this folder."""
    done = subprocess.run(
        ("git", *arguments),
        cwd=folder,
        env=environment() if env is None else dict(env),
        input=b"" if given is None else given,
        capture_output=True,
        timeout=30,
        check=False,
    )
    if done.returncode:
        complaint = done.stderr.decode(errors="replace")
        raise GitFailed(f"git {' '.join(arguments)}: code {done.returncode}\n{complaint}")
    return done.stdout
