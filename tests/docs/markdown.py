"""What a page shows in fenced blocks, and where it links to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").glob("*.md")]
)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """All blocks of these languages on all pages."""
    return [block for page in PAGES for block in _blocks(page) if block.language in languages]


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for match in _FENCE.finditer(text):
        yield Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2])


def commands() -> list[tuple[Block, str]]:
    """Each command line of the shell blocks, without its comment."""
    lines = [(block, line) for block in blocks("sh") for line in block.text.splitlines()]
    stripped = [(block, re.sub(r"\s+#.*", "", line).strip()) for block, line in lines]
    return [(block, line) for block, line in stripped if line and not line.startswith("#")]


def local_links() -> list[tuple[Path, str]]:
    """Links to files of the project."""
    return [
        (page, link)
        for page in PAGES
        for link in _LINK.findall(page.read_text("utf-8"))
        if "://" not in link
    ]
