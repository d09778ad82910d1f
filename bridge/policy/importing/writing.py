"""A draft as the text of a policy file, with what its owner should know above it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import yaml

from bridge.policy.importing.draft import Draft
from bridge.policy.importing.finding import Finding

_WIDTH = 98


def policy_text(draft: Draft, place: str, findings: Iterable[Finding]) -> str:
    """Comments for the source and each finding, then the policy."""
    notes = [f"Imported from {place}, {draft.source}."]
    notes += [f"- {finding.field}: {finding.why}" for finding in findings]
    comments = "".join(f"{line}\n" for note in notes for line in _comment(note))
    return comments + yaml.dump(
        draft.document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000
    )


def _comment(note: str) -> list[str]:
    hanging = "#   " if note.startswith("- ") else "# "
    return textwrap.wrap(
        " ".join(note.split()),
        _WIDTH,
        initial_indent="# ",
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


class _Dumper(yaml.SafeDumper):
    """Indented lists, and texts of several lines as such."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  # its signature
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
