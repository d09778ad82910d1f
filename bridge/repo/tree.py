"""The regular files of a commit's tree as git lists them: all of them, or what changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.repo.snapshot import File

_REGULAR = ("100644", "100755")


def listed(listing: bytes) -> dict[str, File]:
    """The files in what `git ls-tree -r -z` prints."""
    files = {}
    for entry in filter(None, listing.split(b"\0")):
        facts, _, path = entry.partition(b"\t")
        mode, _, blob = facts.decode().split(" ")
        if mode in _REGULAR:
            files[_name(path)] = File(mode, blob)
    return files


def changed(files: Mapping[str, File], listing: bytes) -> dict[str, File]:
    """The files after the changes that `git diff-tree -r -z --no-renames` prints."""
    after = dict(files)
    for path, file in _changes(listing):
        if file.mode in _REGULAR:
            after[path] = file
        else:
            after.pop(path, None)
    return after


def _changes(listing: bytes) -> Iterator[tuple[str, File]]:
    """`:old-mode new-mode old-blob new-blob status`, NUL, path, NUL, and so on."""
    fields = iter(listing.split(b"\0"))
    for facts in filter(None, fields):
        _, mode, _, blob, _ = facts.decode().split(" ")
        yield _name(next(fields)), File(mode, blob)


def _name(path: bytes) -> str:
    return path.decode(errors="surrogateescape")
