"""Tables that are made from the code are as the code has them."""

from __future__ import annotations

import re

import pytest

from bridge.decide.reason import REASONS
from bridge.observe.metrics import FAMILIES, registry
from tests.docs.metrics_table import DOCS, TABLES, written


@pytest.mark.parametrize("page", TABLES)
def test_the_page_has_what_the_code_has(page: str) -> None:
    assert (DOCS / page).read_text("utf-8") == written(page), "run `make tables`"


def test_the_table_is_the_registry() -> None:
    exported = {family.name for family in registry.collect()}
    known = {family.name.removesuffix("_total") for family in FAMILIES}
    assert {name for name in exported if not name.startswith("process_")} == known


def test_the_queries_shown_ask_for_metrics_that_exist() -> None:
    text = (DOCS / "metrics.md").read_text("utf-8")
    shown = set(re.findall(r"scalebridge_\w+", text))
    assert shown == {family.name for family in FAMILIES}
    assert {word for word in REASONS if f"`{word}`" in text} == set(REASONS)
