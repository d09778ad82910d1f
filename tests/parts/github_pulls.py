"""Pull requests on a bare repository, as GitHub keeps them: merging really merges."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from tests.parts.git import GitFailed, git
from tests.parts.git import environment as clean
from tests.parts.state_repo import StateRepo

Method = Literal["merge", "squash", "rebase"]
_WEB: Final = "GitHub <noreply@github.com>"
ROBIN: Final = "Robin Person <robin@example.org>"


@dataclass(slots=True)
class Pull:
    """One pull request; times are UTC."""

    number: int
    title: str
    body: str
    head: str
    base: str
    sha: str
    by: str
    state: Literal["open", "closed"] = "open"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))
    closed: datetime | None = None
    merged: datetime | None = None
    labels: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    auto_merge: dict[str, Any] | None = None
    pushes: int = 0


class Pulls:
    """What happened to each, whoever did it; the branches are those of the repository."""

    def __init__(self, repo: StateRepo) -> None:
        self.repo = repo
        self.all: list[Pull] = []

    @property
    def open(self) -> list[Pull]:
        """Those that wait."""
        self.settle()
        return [pull for pull in self.all if pull.state == "open"]

    def get(self, number: int) -> Pull:
        """By its number."""
        self.settle()
        return self.all[number - 1]

    def create(self, by: str, **fields: str) -> Pull:
        """GitHub refuses a second one for the same branches, and one without a commit."""
        head, base = fields["head"], fields["base"]
        if any((one.head, one.base) == (head, base) for one in self.open):
            raise ValueError(f"A pull request already exists for {head}.")
        sha = self.tip(head)
        if sha is None or self.tip(base) is None:
            raise ValueError("head or base is invalid")
        if self._contains(base, sha):
            raise ValueError(f"No commits between {base} and {head}")
        title, body = fields["title"], fields.get("body", "")
        pull = Pull(len(self.all) + 1, title, body, head, base, sha, by)
        self.all.append(pull)
        return pull

    def close(self, number: int) -> None:
        """Somebody closes it unmerged."""
        self._end(self.get(number))

    def reopen(self, number: int) -> None:
        """Somebody thinks better of it."""
        pull = self.get(number)
        pull.state, pull.closed, pull.updated = "open", None, datetime.now(UTC)

    def merge(self, number: int, method: Method = "merge", message: str = "") -> str:
        """Somebody, or GitHub itself, merges it; the new tip of the base."""
        pull = self.get(number)
        base = self.tip(pull.base)
        assert base
        tree = self.repo.git("merge-tree", "--write-tree", base, pull.sha).decode().strip()
        parents = [base, pull.sha] if method == "merge" else [base]
        commit = self._commit(tree, parents, message or self._message(pull, method), pull, method)
        self.repo.git("update-ref", f"refs/heads/{pull.base}", commit, base)
        pull.merged = datetime.now(UTC)
        self._end(pull)
        return commit

    def _commit(
        self, tree: str, parents: list[str], message: str, pull: Pull, method: Method
    ) -> str:
        name, _, email = (ROBIN if method == "merge" else pull.by).partition(" <")
        web, _, mail = _WEB.partition(" <")
        env = clean(
            GIT_AUTHOR_NAME=name,
            GIT_AUTHOR_EMAIL=email.rstrip(">") or "bot@example.org",
            GIT_COMMITTER_NAME=web,
            GIT_COMMITTER_EMAIL=mail.rstrip(">"),
        )
        arguments = ["commit-tree", tree, *(word for one in parents for word in ("-p", one))]
        told = git(self.repo.path, *arguments, given=message.encode(), env=env)
        return told.decode().strip()

    def _message(self, pull: Pull, method: Method) -> str:
        if method == "merge":
            return f"Merge pull request #{pull.number} from remote/{pull.head}\n\n{pull.title}\n"
        message = self.repo.git("log", "-1", "--format=%B", pull.sha).decode().rstrip("\n")
        if method == "rebase":
            return f"{message}\n"
        subject, _, body = message.partition("\n")
        together = "---------\n\nCo-authored-by: scalebridge <scalebridge@localhost>"
        return f"{subject} (#{pull.number})\n{body}\n\n{together}\n"

    def settle(self) -> None:
        """A push may change a pull request, end it, or turn out to have merged it."""
        for pull in [one for one in self.all if one.state == "open"]:
            sha = self.tip(pull.head)
            if sha is None:
                self._end(pull)
            elif self._contains(pull.base, sha):  # merged by a push, or nothing is left to merge
                pull.merged = datetime.now(UTC) if sha == pull.sha else None
                self._end(pull)
            elif sha != pull.sha:
                pull.sha, pull.updated, pull.pushes = sha, datetime.now(UTC), pull.pushes + 1

    def behind(self, pull: Pull) -> bool:
        """The base moved on since."""
        base = self.tip(pull.base)
        return base is not None and not self._contains(pull.sha, base)

    def tip(self, branch: str) -> str | None:
        """A branch's commit."""
        try:
            return self.repo.tip(f"refs/heads/{branch}")
        except GitFailed:
            return None

    def _contains(self, of: str, commit: str) -> bool:
        try:
            self.repo.git("merge-base", "--is-ancestor", commit, of)
        except GitFailed:
            return False
        return True

    def _end(self, pull: Pull) -> None:
        pull.state, pull.closed = "closed", datetime.now(UTC)
        pull.updated = pull.closed
