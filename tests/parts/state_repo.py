"""A bare repository with manifests on main, and the people who commit to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple, Self

from tests.parts.git import GitFailed, git

PERSON: Final = "Robin Person <robin@example.org>"
SEEDED: Final = datetime(2026, 1, 1, tzinfo=UTC)
_ATTEMPTS: Final = 20
_SHA: Final = re.compile(r"[0-9a-f]{40}")
_SETTINGS: Final = {
    "http.receivepack": "true",
    "uploadpack.allowFilter": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "gc.auto": "0",
}

Files = Mapping[str, str | bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit as `git log` tells it."""

    sha: str
    parents: tuple[str, ...]
    author: str
    committer: str
    when: datetime
    subject: str
    body: str
    paths: tuple[str, ...]


class _Stamp(NamedTuple):
    message: str
    author: str
    when: datetime


@dataclass(frozen=True, slots=True)
class StateRepo:
    """A remote's bare repository; `path` is its folder."""

    path: Path

    @classmethod
    def create(cls, folder: Path, files: Mapping[str, str | bytes]) -> Self:
        """`state.git` in this folder, with these files as main's first commit."""
        path = folder / "state.git"
        path.mkdir(parents=True)
        git(path, "init", "--quiet", "--bare", "--initial-branch=main", "--template=")
        with (path / "config").open("a", encoding="utf-8") as config:
            for key, value in _SETTINGS.items():
                section, name = key.split(".")
                config.write(f"[{section}]\n\t{name} = {value}\n")
        repo = cls(path)
        repo._commit(_Stamp("Seed", PERSON, SEEDED), files, parent=None)
        return repo

    @property
    def url(self) -> str:
        """The `file://` URL."""
        return self.path.as_uri()

    def git(self, *arguments: str, given: bytes | None = None) -> bytes:
        """Any git command, run in the repository."""
        return git(self.path, *arguments, given=given)

    def tip(self, rev: str = "main") -> str:
        """The commit that a branch points to."""
        if _SHA.fullmatch(known := self._known(rev)):
            return known
        return self.git("rev-parse", "--verify", f"{rev}^{{commit}}").decode().strip()

    def _known(self, rev: str) -> str:
        """The commit of a branch, where a file says it: polls then start no process."""
        with suppress(OSError):
            return (self.path / "refs/heads" / rev).read_text("ascii").strip()
        return rev

    def read(self, path: str, rev: str = "main") -> bytes:
        """A file's bytes."""
        return self._told("cat-file", "blob", f"{self._known(rev)}:{path}")

    def _told(self, *arguments: str) -> bytes:
        """What git tells of commits: of those that are named by their ids, always the same."""
        *_, which = arguments
        named = all(map(_SHA.match, which.partition(":")[0].split("..")))
        return (_remembered if named else git)(self.path, *arguments)

    def write(
        self, files: Files, message: str, *, author: str = PERSON, when: datetime | None = None
    ) -> str:
        """Somebody commits these files onto main (None deletes) and gets the commit's id."""
        stamp = _Stamp(message, author, when or datetime.now(UTC))
        for _ in range(_ATTEMPTS):
            with suppress(GitFailed):  # a push moved main meanwhile: fast-import won't drop it
                return self._commit(stamp, files)
        return self._commit(stamp, files)

    def log(self, rev: str = "main") -> list[Commit]:
        """All commits, newest first."""
        shape = "%x1e%H%x1f%P%x1f%an <%ae>%x1f%cn <%ce>%x1f%ct%x1f%s%x1f%b%x1f"
        known = "..".join(map(self._known, rev.split("..")))
        told = self._told("log", "-z", "--name-only", "--no-renames", f"--format={shape}", known)
        return [_commit(entry) for entry in told.decode().split("\x1e")[1:]]

    def assert_linear(self) -> None:
        """One root, and a single parent for every other commit."""
        *commits, root = self.log()
        assert root.parents == ()
        assert [c.sha for c in commits if len(c.parents) != 1] == []

    def _commit(self, stamp: _Stamp, files: Files, parent: str | None = "refs/heads/main^0") -> str:
        who = f"{stamp.author} {int(stamp.when.timestamp())} +0000"
        head = f"commit refs/heads/main\nmark :1\nauthor {who}\ncommitter {who}\n"
        stream = [head.encode(), _data(stamp.message)]
        if parent is not None:
            stream.append(f"from {parent}\n".encode())
        for path, content in files.items():
            if content is None:
                stream.append(f"D {path}\n".encode())
            else:
                stream += [f"M 100644 inline {path}\n".encode(), _data(content)]
        stream.append(b"get-mark :1\ndone\n")
        told = self.git("fast-import", "--quiet", "--done", given=b"".join(stream))
        return told.decode().strip()


_remembered = lru_cache(256)(git)


def _data(content: str | bytes) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return b"data %d\n%s\n" % (len(raw), raw)


def _commit(entry: str) -> Commit:
    sha, parents, author, committer, when, subject, body, paths = entry.split("\x1f")
    return Commit(
        sha=sha,
        parents=tuple(parents.split()),
        author=author,
        committer=committer,
        when=datetime.fromtimestamp(int(when), UTC),
        subject=subject,
        body=body.strip(),
        paths=tuple(path for path in paths.lstrip("\0\n").split("\0") if path),
    )
