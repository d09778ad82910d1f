"""The branch's log as git prints it, parsed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from bridge.repo.snapshot import Change, Commit
from bridge.repo.trailers import scale_decisions


def log_format(boundary: str) -> str:
    """For `git log -z --raw --no-abbrev`; nobody's commit message may hold the boundary."""
    return f"{boundary}%H%n%ct%n%an%n%B{boundary}"


def commits(log: str, boundary: str) -> list[Commit]:
    """The log's commits, in its order; none is older than its parent, whatever its clock said."""
    _, *parts = log.split(boundary)
    entries = list(zip(parts[::2], parts[1::2], strict=True))
    found: list[Commit] = []
    latest = datetime.min.replace(tzinfo=UTC)
    for head, raw in reversed(entries):
        commit = _commit(head, raw)
        latest = max(latest, commit.at)
        found.append(replace(commit, at=latest))
    return found[::-1]


def _commit(head: str, raw: str) -> Commit:
    sha, seconds, author, message = head.split("\n", 3)
    return Commit(
        sha=sha,
        at=datetime.fromtimestamp(int(seconds), UTC),
        author=author,
        decisions=tuple(scale_decisions(message)),
        changes=tuple(_changes(raw)),
    )


def _changes(raw: str) -> Iterator[Change]:
    """`:old-mode new-mode old-blob new-blob status`, NUL, path, NUL, and so on."""
    fields = iter(raw.lstrip("\0\n").split("\0"))
    for facts in fields:
        if facts.startswith(":"):
            _, _, before, after, _ = facts.split()
            yield Change(next(fields), _existing(before), _existing(after))


def _existing(blob: str) -> str | None:
    return blob if blob.strip("0") else None
