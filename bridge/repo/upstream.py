"""What a mirror asks of its remote: the branch without blobs, blobs as wanted, and pushes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.errors import BridgeError, PushRejected, RemoteRefused, RemoteUnavailable
from bridge.repo.connection import Connection
from bridge.repo.credentials import Tokens
from bridge.repo.git import Git, GitFailed, GitTimeout
from bridge.repo.remote import (
    heads,
    mirror_is_broken,
    network_error,
    no_such_branch,
    push_error,
    wants_all,
)
from bridge.settings.state_repo import StateRepoSettings

TIP: Final = "refs/scalebridge/tip"
PROMISED: Final = {
    "remote.origin.promisor": "true",
    "remote.origin.partialclonefilter": "blob:none",
}
"""Where git has this it fetches a blob that it misses, one by one, whenever it meets one. So only
commands get it that need to know that blobs are missing on purpose: fetches, and gc offline."""

_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance")
_NO_HAVES = {"fetch.negotiationAlgorithm": "noop"}  # who has a commit is taken to have its blobs


class Upstream:
    """The remote's branch, by the commands of git that need a network, each within a time.

    Raises:
        RemoteRefused, RemoteUnavailable: see there.
        GitFailed: the mirror is broken, or to be made anew since the remote can't give parts.
    """

    def __init__(self, git: Git, settings: StateRepoSettings, tokens: Tokens | None = None) -> None:
        self._git = git
        self._settings = settings
        self._branch = f"refs/heads/{settings.branch}"
        self._refspec = f"+{self._branch}:{TIP}"
        self._tokens = tokens
        self._connection = Connection(settings, tokens)
        self._origin = {"remote.origin.url": settings.url, "remote.origin.fetch": self._refspec}
        self.gives_parts = True

    def close(self) -> None:
        """Ends the connection that the commands shared."""
        self._connection.close()

    def tip(self) -> str:
        """The commit that the branch is at."""
        found = self._heads() or self._heads()  # an answer cut in its headers reads as no branch
        if self._settings.branch not in found:
            raise no_such_branch(self._settings, list(found))
        return found[self._settings.branch]

    def _heads(self) -> dict[str, str]:
        return heads(self._asked(["ls-remote", "--heads", "origin"]))

    def fetch(self, depth: int) -> None:
        """Brings `TIP` to where the branch is; `depth` above 0 limits how far back it reaches."""
        cut = [f"--depth={depth}"] if depth and self.gives_parts else []
        self._fetched([*cut, "origin", self._refspec])

    def deepen(self, commit: str, depth: int) -> None:
        """Brings the commits before this one, as many as `depth` on each way back."""
        self._fetched([f"--depth={depth}", "origin", commit])

    def fetch_blobs(self, blobs: Sequence[str]) -> None:
        """Brings these blobs, all at once."""
        self._fetched(["--stdin", "origin"], _NO_HAVES, "\n".join([*blobs, ""]).encode())

    def push(self, commit: str, parent: str) -> None:
        """Moves the branch, and `TIP` with it, to the commit if it is exactly at its parent.

        Raises:
            PushRejected: see there; also where another instance made the very same commit, in
                the same second, and was first.
        """
        lease = f"--force-with-lease={self._branch}:{parent}"
        arguments = ("push", "--porcelain", "--no-verify", lease, "origin")
        answer = self.ask(*arguments, f"{commit}:{self._branch}")
        if b"\n=\t" in answer:  # up to date: git then asks no lease
            raise PushRejected(f"{self._settings.url}: another instance pushed the same commit")

    def bring(self, refspec: str) -> None:
        """Fetches another branch."""
        self._fetched(["origin", refspec])

    def ask(self, *arguments: str) -> bytes:
        """Any other command that needs the remote."""
        try:
            return self._over_network(arguments)
        except GitFailed as failure:
            raise self._told(push_error(failure, self._settings.url)) from failure

    def _fetched(
        self, arguments: Sequence[str], config: Mapping[str, str] | None = None, stdin: bytes = b""
    ) -> None:
        parts = {**PROMISED, **(config or {})} if self.gives_parts else {}
        filtered = ["--filter=blob:none"] if self.gives_parts else []
        try:
            self._asked([*_FETCH, *filtered, *arguments], parts, stdin)
        except GitFailed as failure:
            if wants_all(failure):
                self.gives_parts = False
            raise

    def _asked(
        self, arguments: Sequence[str], config: Mapping[str, str] | None = None, stdin: bytes = b""
    ) -> bytes:
        try:
            return self._over_network(arguments, config, stdin)
        except GitFailed as failure:
            if mirror_is_broken(failure) or (self.gives_parts and wants_all(failure)):
                raise
            raise self._told(network_error(failure, self._settings.url)) from failure

    def _told(self, error: BridgeError) -> BridgeError:
        if isinstance(error, RemoteUnavailable):
            self._connection.drop()
        if self._tokens and isinstance(error, RemoteRefused):
            self._tokens.forget()  # it may have been revoked before its end
        return error

    def _over_network(
        self, arguments: Sequence[str], config: Mapping[str, str] | None = None, stdin: bytes = b""
    ) -> bytes:
        given = self._connection.given({**self._origin, **(config or {})})
        limit = self._settings.timeout
        try:
            return self._git.run(*arguments, stdin=stdin, timeout=limit, credentials=given)
        except GitTimeout as slow:
            raise self._told(RemoteUnavailable(f"{self._settings.url}: {slow}")) from slow
