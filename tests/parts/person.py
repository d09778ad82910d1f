"""A person at work: a clone with a working tree, and git as people use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from tests.parts.git import environment, git

_SETTINGS: Final = {
    "pull.rebase": "false",
    "advice.detachedHead": "false",
    "commit.gpgSign": "false",
    "core.editor": "true",
}


@dataclass(slots=True)
class Person:
    """`clone` is the working tree; `now` is when commits are made, the real time if None."""

    clone: Path
    name: str = "Robin"
    now: datetime | None = None

    @classmethod
    def cloning(cls, url: str, folder: Path, name: str = "Robin") -> Self:
        """Somebody with a fresh clone of the remote, in `folder`."""
        clone = folder / f"clone-of-{name.lower()}"
        git(folder, "clone", "--quiet", url, str(clone))
        return cls(clone, name)

    def git(self, *arguments: str) -> str:
        """Any git command in the clone, by this person; what it prints."""
        stamp = {} if self.now is None else self._stamp(self.now)
        who = {"user.name": self.name, "user.email": f"{self.name.lower()}@example.org"}
        env = environment({**_SETTINGS, **who}, **stamp)
        return git(self.clone, *arguments, env=env).decode().strip()

    @staticmethod
    def _stamp(now: datetime) -> Mapping[str, str]:
        at = now.isoformat()
        return {"GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at}

    def pull(self) -> None:
        """The clone is where the branch is."""
        self.git("pull", "--quiet", "--no-edit", "origin", "main")

    def push(self, *options: str) -> str:
        """The branch is where the clone is; its new tip."""
        self.git("push", "--quiet", *options, "origin", "HEAD:main")
        return self.git("rev-parse", "HEAD")

    def replace(self, path: str, old: str, new: str) -> None:
        """Edits a file of the working tree."""
        file = self.clone / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def commit(self, message: str) -> str:
        """All that was edited; the commit's id."""
        self.git("commit", "--quiet", "--all", "--message", message)
        return self.git("rev-parse", "HEAD")
