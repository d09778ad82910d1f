"""The table that docs/backtest.md shows is what its command prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Run, invoking
from tests.docs.markdown import blocks, titled

run = pytest.fixture(invoking, name="run")


def test_the_shown_table_is_what_is_printed(run: Run, tmp_path: Path) -> None:
    [shown] = [block.text for block in blocks("") if block.page.name == "backtest.md"]
    files = {block.title: block.text for block in titled() if block.page.name == "backtest.md"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    arguments = ("--trace", tmp_path / "load.csv", "--dead-time", "30s", "--dead-time", "3m")
    done = run("backtest", tmp_path / "shop.yaml", *arguments)
    printed = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
    assert printed == shown
