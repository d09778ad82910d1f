"""One commit as a `git fast-import` stream: no index, no working tree, one process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

DRAFT = "refs/scalebridge/draft"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a commit is by."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A commit to be: whole contents by path, on a parent."""

    parent: str
    message: str
    author: Identity
    at: datetime
    contents: Mapping[str, bytes]


def stream(draft: Draft, modes: Mapping[str, str]) -> bytes:
    """The commands; fast-import answers with the commit's id on its standard output."""
    who = f"{draft.author.name} <{draft.author.email}> {int(draft.at.timestamp())} +0000"
    head = [
        b"feature done",
        f"commit {DRAFT}".encode(),
        b"mark :1",
        f"author {who}".encode(),
        f"committer {who}".encode(),
        _data(draft.message.encode()),
        f"from {draft.parent}".encode(),
    ]
    for path, content in sorted(draft.contents.items()):
        head += [b"M %b inline %b" % (modes[path].encode(), _quoted(path)), _data(content)]
    return b"\n".join([*head, b"", b"get-mark :1", b"done", b""])


def _data(content: bytes) -> bytes:
    return b"data %d\n%b" % (len(content), content)


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'.encode(errors="surrogateescape")
