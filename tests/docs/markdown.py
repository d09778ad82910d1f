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

_FENCE = re.compile(r"^```(\w*)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    title: str = ""
    """What stands behind the language: the file that it is."""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """All untitled blocks of these languages on all pages."""
    there = (block for page in PAGES for block in _blocks(page) if not block.title)
    return [block for block in there if block.language in languages]


def titled() -> list[Block]:
    """The blocks that say which file they are, page by page."""
    return [block for page in PAGES for block in _blocks(page) if block.title]


def page_blocks(page: Path) -> list[Block]:
    """All blocks of one page, in its order."""
    return list(_blocks(page))


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(page, line, match[1], match[3], match[2] or "")


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
