"""A bare mirror of one branch: a cache that may vanish or break at any time, and never a memory.

It holds the commits as far back as was asked, their trees, and the blobs that were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from bridge.errors import RemoteUnavailable
from bridge.manifest.tree import MAX_BYTES
from bridge.repo.blobs import Blobs, grouped
from bridge.repo.credentials import Credentials, Tokens
from bridge.repo.fast_import import Draft, stream
from bridge.repo.git import Git, GitFailed, GitTimeout
from bridge.repo.log import ENDLESS
from bridge.repo.mirror_folder import MirrorFolder
from bridge.repo.pages import Pages
from bridge.repo.side import SideBranches
from bridge.repo.signing import with_signature
from bridge.repo.snapshot import Commit, Snapshot
from bridge.repo.tree import changed, listed
from bridge.repo.upstream import PROMISED, TIP, Upstream
from bridge.repo.walk import FEWEST_WALKED, Walk
from bridge.settings.state_repo import StateRepoSettings

_FARTHEST_SEARCHED = 25_600
_MOVES_UNTIL_GC = 50
_GC = {
    **PROMISED,
    "protocol.allow": "never",
    "repack.writeBitmaps": "false",  # it fails where blobs are missing
    "gc.autoPackLimit": "20",
}
_Answer = TypeVar("_Answer")


class Mirror:
    """Blocking; use from one thread at a time."""

    def __init__(self, settings: StateRepoSettings, tokens: Tokens | None = None) -> None:
        self._settings = settings
        self._folder = MirrorFolder(settings)
        self._git = Git(self._folder.path, self._folder.claim)
        self._upstream = Upstream(self._git, settings, tokens)
        self._side = SideBranches(self._git, self._upstream)
        self._blobs = Blobs(self._git, self._upstream)
        self._pages = Pages(self._git, self._upstream, self._folder.path)
        self._walk = Walk(self._page)
        self._seen = Snapshot("", {})
        self._moves = 0

    def end(self) -> None:
        """Ends git commands, now and from now on; any thread may ask for it."""
        self._git.kill()

    def close(self) -> None:
        """Lets others have the folder, in which nothing of ours may be at work any more."""
        self._git.kill()
        self._upstream.close()
        self._folder.release()

    def look(self) -> Snapshot:
        """The branch's tip as the remote has it now; nothing is listed while it has not moved.

        Raises:
            RemoteRefused, RemoteUnavailable: see there.
        """
        return self._mended(self._look)

    def _look(self) -> Snapshot:
        tip = self._upstream.tip()
        if tip == self._seen.tip:
            return self._seen
        if not (self._folder.path / "HEAD").exists():
            self._folder.prepare()
            self._git.run("init", "--quiet", "--bare")
        if tip != (held := self._held()):
            self._upstream.fetch(0 if held else FEWEST_WALKED + 1)
        return self._at(self._held())

    def _held(self) -> str:
        """The tip of the last fetch or push; empty in a new mirror."""
        return self._git.run("for-each-ref", "--format=%(objectname)", TIP).decode().strip()

    def at(self, commit: str) -> Snapshot:
        """A commit that the mirror has, such as one of ours that was pushed."""
        return self._mended(lambda: self._at(commit))

    def _at(self, commit: str) -> Snapshot:
        if commit != self._seen.tip:
            self._seen = self._advanced(commit) or self._listed(commit)
            self._tidy()
        return self._seen

    def _advanced(self, commit: str) -> Snapshot | None:
        """From the last snapshot on; None if the mirror has lost that one."""
        if not self._seen.tip:
            return None
        arguments = ("diff-tree", "-r", "-z", "--no-renames", self._seen.tip, commit)
        with suppress(GitFailed):
            return Snapshot(commit, changed(self._seen.files, self._git.run(*arguments)))
        return None

    def _listed(self, commit: str) -> Snapshot:
        return Snapshot(commit, listed(self._git.run("ls-tree", "-r", "-z", "--full-tree", commit)))

    def _tidy(self) -> None:
        """Each fetch and each commit leaves a pack or objects behind: gathered now and then."""
        self._moves += 1
        if self._moves % _MOVES_UNTIL_GC == 0:
            with suppress(GitFailed, GitTimeout):  # the next look would find a mirror broken
                self._git.run("gc", "--auto", "--quiet", credentials=Credentials(config=_GC))

    def read(self, blobs: Sequence[str]) -> dict[str, bytes]:
        """Contents by blob id; those that the mirror lacks are fetched, all at once."""
        return self._mended(lambda: self._blobs.read(blobs))

    def contents(self, blobs: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        """Contents by blob id, a bounded amount at a time; None for a file over the limit."""
        sizes = self._mended(lambda: self._blobs.sizes(blobs))
        for blob, size in sizes.items():
            if size > MAX_BYTES:
                yield blob, None
        fitting = {blob: size for blob, size in sizes.items() if size <= MAX_BYTES}
        for group in grouped(fitting, MAX_BYTES):
            yield from self.read(group).items()

    def as_of(self, tip: str, moment: datetime) -> str:
        """The newest commit that the branch had at a moment; empty where it had none."""
        later = [commit for commit in self.history(tip, moment) if commit.at > moment]
        return "".join(later[-1].parents[:1]) if later else tip

    def history(self, tip: str, since: datetime, now: datetime = ENDLESS) -> list[Commit]:
        """The commits of the branch since then, newest first; a merge counts as one.

        No date after `now` is believed.

        Not `--since`, which ends at the first old date: one slow clock would hide the rest. Nor
        does the remote cut by date (`--shallow-since`), for the same reason.
        """
        return self._mended(lambda: self._walk.since(tip, since, now))

    def page(self, start: str, count: int) -> list[Commit]:
        """At most so many commits of the branch from this one on, newest first, as dated."""
        return self._mended(lambda: self._page(start, count))

    def _page(self, start: str, count: int) -> list[Commit]:
        return self._pages.page(start, count, self._seen.tip or start)

    def includes(self, revision: str, commit: str) -> bool:
        """Whether it is that commit, or comes after it; not where the mirror lacks either."""
        return self._mended(lambda: self._pages.includes(revision, commit))

    def earlier(self, tip: str, path: str, limit: int = 20) -> list[str]:
        """Blob ids that the file had before the tip, newest first, as far as can be found out."""
        depth = FEWEST_WALKED
        while len(found := self._mended(lambda: self._pages.blobs_at(path, tip, limit))) < limit:
            depth *= 4
            if depth > _FARTHEST_SEARCHED or not self._pages.cut():
                break
            try:
                self._upstream.deepen(tip, depth)
            except (GitFailed, RemoteUnavailable):
                break
        return found

    def commit(self, draft: Draft, snapshot: Snapshot) -> str:
        """Writes the commit's objects into the mirror; returns its id."""
        modes = {path: snapshot.files[path].mode for path in draft.contents}
        commands = stream(draft, modes)
        arguments = ("fast-import", "--quiet", "--force")
        return self._mended(lambda: self._git.run(*arguments, stdin=commands).decode().strip())

    def signed(self, commit: str, sign: Callable[[bytes], bytes]) -> str:
        """The same commit with a signature, which fast-import can't write; returns its id."""
        return self._mended(lambda: self._signed(commit, sign))

    def _signed(self, commit: str, sign: Callable[[bytes], bytes]) -> str:
        raw = self._git.run("cat-file", "commit", commit)
        whole = with_signature(raw, sign(raw), commit)
        hashed = self._git.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=whole)
        return hashed.decode().strip()

    def push(self, commit: str, parent: str) -> None:
        """Moves the branch to the commit if it is exactly at the commit's parent.

        The lease on the parent is the compare-and-swap. A plain push would let in two more
        cases: a branch that was rewound (the commits taken out would come back) or deleted.

        Raises:
            PushRejected, RemoteRefused, RemoteUnavailable: see there.
        """
        self._upstream.push(commit, parent)

    def at_side(self, ask: Callable[[SideBranches], _Answer]) -> _Answer:
        """What our own branches beside the shared one tell, or what becomes of them.

        Raises:
            PushRejected, RemoteRefused, RemoteUnavailable: see there.
        """
        return self._mended(lambda: ask(self._side))

    def _mended(self, ask: Callable[[], _Answer]) -> _Answer:
        """A broken mirror is thrown away and built again, once."""
        try:
            try:
                return ask()
            except GitFailed:
                self._folder.empty()
                self._seen = Snapshot("", {})
                self._walk.forget()
            self._look()
            return ask()
        except (GitFailed, GitTimeout, OSError) as failure:
            raise RemoteUnavailable(f"the mirror of {self._settings.url}: {failure}") from failure
