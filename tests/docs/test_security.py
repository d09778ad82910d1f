"""Each row of the threat model has its tests, and each test that it names is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.docs.markdown import ROOT

MODEL = (ROOT / "docs" / "security.md").read_text("utf-8")
TESTS = (ROOT / "docs" / "security-tests.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", TESTS)))


def rows(text: str) -> Iterator[list[str]]:
    """The cells of each row below a table's head."""
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("| # "):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def test_each_row_has_its_tests() -> None:
    threats = MODEL.partition("## Who might try what")[2].partition("\n## ")[0]
    numbers = [row[0] for row in rows(threats)]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    claims = [row for row in rows(TESTS)]
    assert {row[0] for row in claims} == {*numbers, "programs", "limits"}
    assert all("::test_" in row[2] for row in claims)


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_what_it_names_is_a_test(file: str, name: str) -> None:
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    assert name in {node.name for node in tree.body if isinstance(node, kinds)}
