"""The contents of files, by blob id: what the mirror lacks is fetched, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bridge.repo.git import Git, GitFailed
from bridge.repo.upstream import Upstream


def grouped(sizes: Mapping[str, int], most: int) -> Iterator[list[str]]:
    """The blobs in their order, in groups that are together no bigger than `most` bytes."""
    group: list[str] = []
    total = 0
    for blob, size in sizes.items():
        if group and total + size > most:
            yield group
            group, total = [], 0
        group.append(blob)
        total += size
    if group:
        yield group


class Blobs:
    """Reads them from the mirror's folder.

    Raises:
        GitFailed: one is neither here nor to be had.
    """

    def __init__(self, git: Git, upstream: Upstream) -> None:
        self._git = git
        self._upstream = upstream

    def read(self, blobs: Sequence[str]) -> dict[str, bytes]:
        """Contents by blob id."""
        contents = dict(self._contents(blobs))
        if absent := [blob for blob in blobs if blob not in contents]:
            if self._upstream.gives_parts:
                self._upstream.fetch_blobs(absent)
                contents |= self._contents(absent)
            if lost := [blob for blob in absent if blob not in contents]:
                raise GitFailed("cat-file", 1, "", f"{lost[0]} missing")
        return contents

    def sizes(self, blobs: Sequence[str]) -> dict[str, int]:
        """In bytes, by blob id."""
        sizes = self._known_sizes(blobs)
        absent = [blob for blob in blobs if blob not in sizes]
        if absent and self._upstream.gives_parts:
            self._upstream.fetch_blobs(absent)
            sizes |= self._known_sizes(absent)
        if lost := [blob for blob in absent if blob not in sizes]:
            raise GitFailed("cat-file", 1, "", f"{lost[0]} missing")
        return sizes

    def _known_sizes(self, blobs: Sequence[str]) -> dict[str, int]:
        asked = "\n".join([*blobs, ""]).encode()
        answer = self._git.run("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=asked)
        entries = (line.split(" ") for line in answer.decode().splitlines())
        return {blob: int(size) for blob, size in entries if size != "missing"}

    def _contents(self, blobs: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Those that the mirror has."""
        answer = self._git.run("cat-file", "--batch", stdin="\n".join([*blobs, ""]).encode())
        position = 0
        for blob in blobs:
            header, _, _ = answer[position : position + 200].partition(b"\n")
            start = position = position + len(header) + 1
            if len(header.split(b" ")) == 3:  # not `<id> missing`
                end = start + int(header.rpartition(b" ")[2])
                yield blob, answer[start:end]
                position = end + 1
