"""A missing program or folder skips a test on a laptop and fails it in CI."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from bridge.demo.servers import binary


def needs(*binaries: str | tuple[str, ...]) -> None:
    """Every one of these must be installed; a tuple names alternatives."""
    for names in binaries:
        alternatives = (names,) if isinstance(names, str) else names
        if binary(*alternatives) is None:
            lacking(f"{' or '.join(alternatives)} is not installed")


def where_present(*alternatives: str) -> Path:
    """One of these programs, which no package list of ours has; without it the test is skipped,
    also in CI, where another test has to cover the same by our own reading."""
    found = binary(*alternatives)
    if found is None:
        pytest.skip(f"{' or '.join(alternatives)} is not installed")
    return Path(found)


def shared(name: str) -> Path:
    """A folder of real-world data that lies beside the checkout and must not be copied into it."""
    beside = Path(__file__).parents[2].parent / "shared"
    folder = Path(os.environ.get("SCALEBRIDGE_SHARED", beside)) / name
    if not folder.is_dir():
        lacking(f"{folder} is not there")
    return folder


def lacking(reason: str) -> NoReturn:
    """Skips, or fails in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI must not skip", pytrace=False)
    pytest.skip(reason)
