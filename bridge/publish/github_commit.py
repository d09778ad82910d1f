"""Commits that GitHub itself makes, and signs: how an App's commits come to show as Verified.

createCommitOnBranch takes whole contents and a parent (`expectedHeadOid`), which is the same
compare-and-swap as a push with a lease.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from uuid import uuid4

from bridge.errors import BranchProtected, PushRejected
from bridge.publish.github import GitHubApi
from bridge.publish.writing import Side
from bridge.repo.fast_import import Draft
from bridge.repo.snapshot import Snapshot

_QUERY: Final = "commit { oid }"
_STALE: Final = "STALE_DATA"
_GONE: Final = "NOT_FOUND"
_PROTECTED: Final = ("protected branch", "through a pull request", "rule violations")


class GitHubWriter:
    """A `Writer`; the author is who the token belongs to."""

    def __init__(self, api: GitHubApi, branch: str) -> None:
        self._api = api
        self._branch = branch

    async def to_branch(self, draft: Draft, snapshot: Snapshot) -> str:  # noqa: ARG002 - it knows modes
        """One call; a lost answer shows at the next look."""
        return await asyncio.to_thread(self._commit, draft, self._branch)

    async def to_side(self, draft: Draft, snapshot: Snapshot, side: Side) -> str:  # noqa: ARG002 - it knows modes
        """By way of a branch for the moment: were ours set to its base meanwhile, GitHub would
        close the pull request for good."""
        return await asyncio.to_thread(self._to_side, draft, side)

    def refusal(self, path: str, snapshot: Snapshot) -> str:
        """GitHub writes every file as a plain one, in UTF-8 paths."""
        if snapshot.files[path].mode != "100644":
            return f"{path}: is executable, which GitHub's commits can't keep"
        if not path.isprintable():
            return f"{path!r}: is no name that GitHub's commits can hold"
        return ""

    def _to_side(self, draft: Draft, side: Side) -> str:
        moment = f"{side.branch}-{uuid4().hex[:12]}"
        with self._api.asked():
            repository = self._api.repository()
            made = repository.create_git_ref(f"refs/heads/{moment}", draft.parent)
        try:
            commit = self._commit(draft, moment, (_STALE, _GONE))
            with self._api.asked():
                if side.tip:  # GitRef.edit asks at the URL for reading
                    where = f"{repository.url}/git/refs/heads/{side.branch}"
                    given = {"sha": commit, "force": True}
                    repository.requester.requestJsonAndCheck("PATCH", where, input=given)
                else:
                    repository.create_git_ref(f"refs/heads/{side.branch}", commit)
        finally:
            with self._api.asked(), _unless_gone():
                made.delete()
        return commit

    def _commit(self, draft: Draft, branch: str, lost: Collection[str] = (_STALE,)) -> str:
        headline, _, body = draft.message.partition("\n\n")
        given = {
            "branch": {"repositoryNameWithOwner": self._api.full_name, "branchName": branch},
            "expectedHeadOid": draft.parent,
            "message": {"headline": headline, "body": body.rstrip("\n")},
            "fileChanges": {"additions": _additions(draft.contents)},
        }
        with self._api.asked(), _refused(lost):
            requester = self._api.repository().requester
            answer = requester.graphql_named_mutation("createCommitOnBranch", given, _QUERY)[1]
            return str(answer["commit"]["oid"])


@contextmanager
def _unless_gone() -> Iterator[None]:
    """Who sees a branch of the moment may take it for one that a crash left, and clear it away."""
    from github import GithubException

    try:
        yield
    except GithubException as error:
        if error.status not in (404, 422):  # GitHub says 422 of a ref that does not exist
            raise


@contextmanager
def _refused(lost: Collection[str]) -> Iterator[None]:
    """A lost race and a protected branch, by what GitHub says of them."""
    from github import GithubException

    try:
        yield
    except GithubException as error:
        told = str(error.data)
        if any(kind in told for kind in lost):
            raise PushRejected(f"createCommitOnBranch: {told}") from error
        if any(words in told for words in _PROTECTED):
            raise BranchProtected(f"createCommitOnBranch: {told}") from error
        raise


def _additions(contents: Mapping[str, bytes]) -> list[dict[str, str]]:
    return [
        {"path": path, "contents": b64encode(content).decode()}
        for path, content in sorted(contents.items())
    ]
