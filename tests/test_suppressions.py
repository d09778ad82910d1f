"""Whoever silences a rule says why."""

from __future__ import annotations

import re
from pathlib import Path

import bridge

_SILENCED = re.compile(r"#\s*noqa\b([^#\n]*)(.*)")


def test_every_silenced_rule_is_named_and_has_its_reason() -> None:
    """`# noqa: S310  # its scheme was looked at above`, or the reason behind a dash."""
    folder = Path(bridge.__file__).parent
    found = 0
    for source in sorted(folder.rglob("*.py")):
        for line in source.read_text().splitlines():
            if silenced := _SILENCED.search(line):
                found += 1
                rules, reason = silenced.groups()
                named = re.match(r":(?:[ ,]*[A-Z]+\d+)+", rules)
                assert named, f"{source}: {line}"
                assert reason.strip("# ") or rules[named.end() :].strip(), f"{source}: {line}"
    assert found > 5
