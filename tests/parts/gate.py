"""A missing program or folder skips a test on a laptop and fails it in CI."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from bridge.demo.servers import binary
from bridge.service.rendering import build_command


def needs(*binaries: str | tuple[str, ...]) -> None:
    """Every one of these must be installed; a tuple names alternatives."""
    for names in binaries:
        alternatives = (names,) if isinstance(names, str) else names
        if binary(*alternatives) is None:
            lacking(f"{' or '.join(alternatives)} is not installed")


def program(name: str) -> Path:
    """Where this program is; it must be installed."""
    needs(name)
    return Path(binary(name) or "")


def builder() -> tuple[str, str]:
    """What builds a kustomization: the one part that CI may lack elsewhere than on GitHub.

    tools/install-parts can't bring it: Debian 12's kubernetes-client (1.20, kustomize 2.0) can not
    build the overlays here. GitHub's images come with a newer one. Other
    tests cover the same by our own reading.
    """
    found = build_command()
    if found is None and os.environ.get("GITHUB_ACTIONS") == "true":
        lacking("kustomize or kubectl is not installed")
    if found is None:
        pytest.skip("kustomize or kubectl is not installed")
    return found


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
