"""The state repo for the event loop: one worker thread, so one Git operation at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Self, TypeVar

from bridge.errors import RemoteRefused
from bridge.manifest.claims.reading import Claims, Ledger
from bridge.manifest.confirm import Confirming
from bridge.manifest.index import Catalogue, Index
from bridge.manifest.target import Target
from bridge.repo.credentials import Tokens
from bridge.repo.fast_import import Draft
from bridge.repo.log import without_copies
from bridge.repo.mirror import Mirror
from bridge.repo.side import SideBranches
from bridge.repo.signing import self_test, signer
from bridge.repo.snapshot import Commit, Snapshot
from bridge.settings.commit import SigningSettings
from bridge.settings.state_repo import StateRepoSettings

_Answer = TypeVar("_Answer")
_PAGE = 500

Heard = Callable[[str, float], None]
"""Gets each look, commit and push, and how many seconds it took, whether it ended well or not."""


class StateRepo:
    """Looks at the branch, reads files, writes commits. Use as an async context."""

    def __init__(
        self,
        settings: StateRepoSettings,
        signing: SigningSettings | None = None,
        tokens: Tokens | None = None,
        heard: Heard = lambda _, __: None,
    ) -> None:
        self.settings = settings
        self._heard = heard
        self._tokens = tokens
        self._signer = signer(signing)
        self._mirror: Mirror | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="git")
        self._catalogue = Catalogue(settings.search_paths)
        self._confirming = Confirming(settings.searched)
        self._ledger = Ledger()
        self._snapshot = Snapshot("", {})
        self._pushed = ""

    async def __aenter__(self) -> Self:
        """Opens the mirror; where commits are to be signed, tries the key.

        Raises:
            ConfigInvalid: the mirror's folder or the key can't be used.
        """
        try:
            await self._in_thread(self._try_key)
            self._mirror = await self._in_thread(lambda: Mirror(self.settings, self._tokens))
        except BaseException:
            self._close()
            raise
        return self

    def _try_key(self) -> None:
        if self._signer:
            self_test(self._signer)

    async def __aexit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._mirror:
            self._mirror.end()
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._mirror:
            self._mirror.close()
        if self._signer:
            self._signer.close()

    async def look(self) -> Snapshot:
        """The branch's tip as the remote has it now, indexed.

        Raises:
            RemoteRefused, RemoteUnavailable: see there.
        """
        return await self._timed("look", self._look)

    def _look(self) -> Snapshot:
        return self._indexed(self._open.look())

    async def latest(self) -> Snapshot:
        """The tip as we know it without asking: as last looked at, or our push since.

        Raises:
            RemoteRefused, RemoteUnavailable: see there.
        """
        return await self._in_thread(self._latest)

    def _latest(self) -> Snapshot:
        if not self._snapshot.tip:
            return self._look()
        return self._indexed(self._open.at(self._pushed)) if self._pushed else self._snapshot

    async def as_of(self, snapshot: Snapshot, moment: datetime) -> Snapshot:
        """The branch as it was at a moment, by the dates of its commits.

        Raises:
            RemoteRefused: it had no commit yet.
        """
        return await self._in_thread(lambda: self._as_of(snapshot.tip, moment))

    def _as_of(self, tip: str, moment: datetime) -> Snapshot:
        commit = self._open.as_of(tip, moment)
        if not commit:
            url, branch = self.settings.url, self.settings.branch
            raise RemoteRefused(f"{url}: {branch} has no commit as old as {moment.isoformat()}")
        return self._indexed(self._open.at(commit))

    def _indexed(self, seen: Snapshot) -> Snapshot:
        if seen.tip != self._snapshot.tip:
            index = self._catalogue.index(seen.blobs(), self._open.contents)
            self._snapshot = replace(seen, index=index)
        self._pushed = ""
        return self._snapshot

    async def located(self, snapshot: Snapshot, targets: Iterable[Target]) -> Index:
        """The snapshot's index, with these targets' places confirmed by the parser."""
        locate = partial(self._confirming.located, snapshot.index, snapshot.blobs())
        return await self._in_thread(lambda: locate(self._open.contents, targets))

    async def claims(self, snapshot: Snapshot) -> Claims:
        """What the snapshot's files say about counts that stand elsewhere.

        A file's version is read once, and in portions, so that other work has its turn between.
        """
        tree = snapshot.blobs()
        unread = list(self._ledger.unread(tree).items())
        for start in range(0, len(unread), _PAGE):
            portion = dict(unread[start : start + _PAGE])
            await self._in_thread(partial(self._take_in, portion))
        return await self._in_thread(lambda: self._ledger.claims(tree, self._open.contents))

    def _take_in(self, files: dict[str, str]) -> None:
        self._ledger.take_in(files, self._open.contents)

    async def read(self, blobs: Sequence[str]) -> dict[str, bytes]:
        """Contents by blob id."""
        return await self._in_thread(lambda: self._open.read(blobs)) if blobs else {}

    async def history(self, snapshot: Snapshot, since: datetime, now: datetime) -> list[Commit]:
        """The commits of the branch since then, newest first; none is dated after `now`."""
        return await self._in_thread(lambda: self._open.history(snapshot.tip, since, now))

    async def pages(self, snapshot: Snapshot, since: datetime) -> AsyncGenerator[list[Commit]]:
        """The same for long logs: newest first, page by page, with the dates that they bear.

        Ends with the first page that has no commit since then: one slow clock hides nothing.
        """
        start: str | None = snapshot.tip
        while start:
            page = await self._in_thread(partial(self._open.page, start, _PAGE))
            yield without_copies(page)
            recent = any(commit.at >= since for commit in page)
            start = page[-1].parents[0] if recent and page[-1].parents else None

    async def includes(self, revision: str, commit: str) -> bool:
        """Whether a revision is that commit, or comes after it, as far as we know the branch."""
        return await self._in_thread(lambda: self._open.includes(revision, commit))

    async def earlier(self, snapshot: Snapshot, path: str) -> list[bytes]:
        """What the file held before the snapshot, newest first."""
        blobs = await self._in_thread(lambda: self._open.earlier(snapshot.tip, path))
        contents = await self.read(blobs)
        return [contents[blob] for blob in blobs]

    async def commit(self, draft: Draft, snapshot: Snapshot) -> str:
        """Writes a commit on the snapshot's tip into the mirror, signed where we have a key."""
        return await self._timed("commit", lambda: self._commit(draft, snapshot))

    def _commit(self, draft: Draft, snapshot: Snapshot) -> str:
        commit = self._open.commit(draft, snapshot)
        return self._open.signed(commit, self._signer.sign) if self._signer else commit

    async def push(self, commit: str, parent: str) -> None:
        """Moves the remote's branch from the parent to the commit.

        Raises:
            PushRejected, RemoteRefused, RemoteUnavailable: see there.
        """
        await self._timed("push", lambda: self._push(commit, parent))

    def _push(self, commit: str, parent: str) -> None:
        self._open.push(commit, parent)
        self._pushed = commit

    async def at_side(self, ask: Callable[[SideBranches], _Answer]) -> _Answer:
        """What our own branches beside the shared one tell, or what becomes of them.

        Raises:
            PushRejected, RemoteRefused, RemoteUnavailable: see there.
        """
        return await self._in_thread(lambda: self._open.at_side(ask))

    @property
    def _open(self) -> Mirror:
        if self._mirror is None:
            raise RuntimeError("a StateRepo is used inside `async with`")
        return self._mirror

    async def _timed(self, operation: str, work: Callable[[], _Answer]) -> _Answer:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            return await self._in_thread(work)
        finally:
            self._heard(operation, loop.time() - begun)

    async def _in_thread(self, work: Callable[[], _Answer]) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
