"""docs/README.md leads to each page; that its links lead somewhere, test_pages tests."""

from __future__ import annotations

from pathlib import Path

from tests.docs.markdown import ROOT, local_links

INDEX = ROOT / "docs" / "README.md"


def test_each_page_is_in_the_index() -> None:
    linked = {(INDEX.parent / link).resolve() for page, link in local_links() if page == INDEX}
    missing = {page for page in INDEX.parent.glob("*.md") if page != INDEX} - linked
    assert missing == set[Path]()


def test_each_decision_has_its_own_number_and_says_it_first() -> None:
    pages = sorted((INDEX.parent / "decisions").glob("*.md"))
    numbers = [page.name.partition("-")[0] for page in pages]
    assert len(set(numbers)) == len(numbers)
    for page, number in zip(pages, numbers, strict=True):
        assert page.read_text("utf-8").startswith(f"# {int(number)}. "), page.name
