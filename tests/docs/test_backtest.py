"""The table that docs/backtest.md shows is what its command prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Run, invoking
from tests.docs.markdown import blocks, titled

run = pytest.fixture(invoking, name="run")


def kind_of(value: Any) -> str:
    """As the page calls it."""
    kinds = {str: "text", int: "integer", float: "number"}
    return "object or null" if isinstance(value, dict | None) else kinds.get(type(value), "list")


def fields_of(found: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each field of a JSON answer by its path, with its kind; of a list the first one's."""
    for key, value in found.items():
        path = f"{name}{key}"
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from fields_of(value[0], f"{path}[].")
        elif key == "capacity":
            yield from fields_of(value, f"{path}.")
        else:
            yield path, kind_of(value)
            if isinstance(value, dict):
                yield from ((f"….{inner}", kind_of(one)) for inner, one in value.items())


def told_fields(page: str) -> Iterator[tuple[str, str]]:
    """The same of the page's table."""
    for cells in re.findall(
        r"^\| (`.*?) \| (.*?) \| .* \|$", page.split("## JSON")[1], re.MULTILINE
    ):
        names, kinds = re.findall(r"`(.*?)`", cells[0]), cells[1].split(", ")
        yield from zip(names, kinds * (len(names) // len(kinds)), strict=True)


def test_each_field_of_the_json_is_told(run: Run, tmp_path: Path) -> None:
    files = {block.title: block.text for block in titled() if block.page.name == "backtest.md"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = run("backtest", tmp_path / "shop.yaml", "--trace", tmp_path / "load.csv", "--json")
    page = (Path(__file__).parents[2] / "docs" / "backtest.md").read_text("utf-8")
    told = dict(told_fields(page))
    found = dict(fields_of(json.loads(done.stdout)))
    assert set(found) == set(told)
    for field, kind in found.items():
        assert told[field].startswith(kind) or (kind, told[field]) == ("integer", "number or null")


def test_the_shown_table_is_what_is_printed(run: Run, tmp_path: Path) -> None:
    [shown] = [block.text for block in blocks("") if block.page.name == "backtest.md"]
    files = {block.title: block.text for block in titled() if block.page.name == "backtest.md"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    arguments = ("--trace", tmp_path / "load.csv", "--dead-time", "30s", "--dead-time", "3m")
    done = run("backtest", tmp_path / "shop.yaml", *arguments)
    printed = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
    assert printed == shown
