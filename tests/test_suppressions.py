"""Whoever silences a rule says which one, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_RULES = {
    "noqa": re.compile(r"#\s*noqa\b:?((?:[ ,]*[A-Z]+\d+)*)(.*)"),
    "type: ignore": re.compile(r"#\s*type:\s*ignore(\[[a-z-]+(?:, ?[a-z-]+)*\])?(.*)"),
}


def silenced(rule: re.Pattern[str]) -> Iterator[tuple[str, str, str]]:
    """Where, which rules, and the reason: behind a second `#`, or behind a dash."""
    for folder in ("bridge", "tests", "benchmarks"):
        for source in sorted((ROOT / folder).rglob("*.py")):
            if source == Path(__file__):
                continue
            for number, line in enumerate(source.read_text().splitlines(), start=1):
                if found := rule.search(line):
                    yield f"{source}:{number}", found[1] or "", found[2].strip(" #-")


@pytest.mark.parametrize("rule", _RULES.values(), ids=_RULES)
def test_every_silenced_rule_is_named_and_has_its_reason(rule: re.Pattern[str]) -> None:
    found = list(silenced(rule))
    assert [place for place, named, reason in found if not (named and reason)] == []
    assert len(found) > 5
