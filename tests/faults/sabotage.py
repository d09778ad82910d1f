"""The service with a bug put into it: `python -m tests.faults.sabotage BUG,… run --config FILE`.

Each bug is one that the harness exists to find; the product's own code is patched in this process
alone.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bridge.batch.batcher import Batcher
from bridge.cli.program import main
from bridge.commit import edits
from bridge.decide import normalization
from bridge.decide.decision import Decision
from bridge.errors import BridgeError, MetricsUnavailable, PushRejected, RemoteUnavailable
from bridge.evaluate.prometheus import Prometheus
from bridge.notify import reconcilers
from bridge.publish.writing import GitWriter
from bridge.repo import mirror
from bridge.repo.fast_import import Draft
from bridge.repo.git import Git
from bridge.repo.mirror import Mirror
from bridge.repo.snapshot import Snapshot
from bridge.repo.upstream import Upstream
from bridge.service.committing import Committing
from bridge.service.rounds import Rounds

BUGS: Final[dict[str, Callable[[], None]]] = {}


def bug(patch: Callable[[], None]) -> Callable[[], None]:
    """Makes it known by its name."""
    BUGS[patch.__name__] = patch
    return patch


def around(owner: Any, name: str, wrap: Callable[..., Any]) -> None:
    """Puts `wrap` in the place of a function; it gets the original first."""
    original = getattr(owner, name)
    setattr(owner, name, lambda *given, **named: wrap(original, *given, **named))


@bug
def push_without_the_lease() -> None:
    def push(self: Upstream, commit: str, parent: str) -> None:  # noqa: ARG001 - it is the lease
        self.ask("push", "--porcelain", "--no-verify", "origin", f"+{commit}:{self._branch}")

    Upstream.push = push  # type: ignore[method-assign]  # that is the bug


@bug
def redo_on_a_new_tip_with_old_files() -> None:
    async def to_branch(original: Any, self: GitWriter, draft: Draft, snapshot: Snapshot) -> str:
        try:
            return str(await original(self, draft, snapshot))
        except PushRejected:
            tip = await self._repo.look()
            return str(await original(self, replace(draft, parent=tip.tip), tip))

    around(GitWriter, "to_branch", to_branch)


@bug
def commits_again_after_a_start() -> None:
    """The last decision, as from a journal that nobody compared with Git."""
    done: list[str] = []

    def look(original: Any, self: Mirror) -> Any:
        tip = original(self).tip
        message = self._git.run("log", "-1", "--grep=^Scale-Decision:", "--format=%B", tip)
        if message and not done:
            done.append(_commit(self._git, f"{tip}^{{tree}}", tip, message))
            self._upstream.push(done[0], tip)
        done.append(tip)
        return original(self)

    around(Mirror, "look", look)


@bug
def a_count_over_the_maximum() -> None:
    def rate_limited(original: Any, current: int, stable: int, bounds: Any, *more: Any) -> Any:
        return original(current, stable, replace(bounds, most=10**6), *more)

    around(normalization, "rate_limited", rate_limited)


@bug
def an_edit_of_one_byte_more() -> None:
    around(edits, "with_counts", lambda original, *given: original(*given) + b"\n")


@bug
def a_merge_commit() -> None:
    """Of the tip and what was before it."""

    def stream(original: Any, draft: Draft, modes: Any) -> bytes:
        start = f"from {draft.parent}\n".encode()
        other = f"merge {draft.parent}^0\n".encode()
        commands: bytes = original(draft, modes)
        return commands.replace(start, start + other, 1)

    around(mirror, "stream", stream)


@bug
def a_rebased_history() -> None:
    """Each commit is made once more after it was pushed."""

    def push(original: Any, self: Upstream, commit: str, parent: str) -> None:
        original(self, commit, parent)
        message = self._git.run("log", "-1", "--format=%B", commit)
        made = _commit(self._git, f"{commit}^{{tree}}", parent, message + b"(amended)\n")
        self.ask("push", "--porcelain", "--no-verify", "origin", f"+{made}:{self._branch}")

    around(Upstream, "push", push)


@bug
def a_failed_query_is_read_as_nothing() -> None:
    async def instant(original: Any, *given: Any) -> float:
        try:
            return float(await original(*given))
        except MetricsUnavailable:
            return 0.0

    around(Prometheus, "instant", instant)


@bug
def a_look_that_fails_is_the_last_one() -> None:
    async def look(original: Any, self: Rounds) -> Any:
        try:
            return await original(self)
        except RemoteUnavailable:
            await asyncio.Event().wait()

    around(Rounds, "look", look)


@bug
def git_waits_for_ever() -> None:
    def run(original: Any, self: Git, *given: str, **named: Any) -> Any:
        return original(self, *given, **{**named, "timeout": None})

    around(Git, "run", run)


@bug
def a_failed_batch_is_done_with() -> None:
    """Its decisions are never made again."""
    gone: set[str] = set()

    def fail(original: Any, self: Committing, error: BridgeError, targets: Sequence[str]) -> None:
        gone.update(targets)
        original(self, error, targets)

    def put(original: Any, self: Any, decision: Decision, *more: Any) -> None:
        if str(decision.target) not in gone:
            original(self, decision, *more)

    around(Committing, "_fail", fail)
    around(Batcher, "put", put)


@bug
def a_reconciler_that_failed_is_told_no_more() -> None:
    async def tell(original: Any, *given: Any) -> Any:
        told = await original(*given)
        if told.error:
            await asyncio.Event().wait()
        return told

    around(reconcilers, "_tell", tell)


@bug
def a_descriptor_leaks_with_each_look() -> None:
    _with_each(Rounds, "look", lambda: os.open(os.devnull, os.O_RDONLY))


@bug
def a_child_is_left_with_each_look() -> None:
    left: list[Any] = []  # else subprocess itself would see to them
    _with_each(Rounds, "look", lambda: left.append(subprocess.Popen(["true"])))


@bug
def a_temporary_file_stays_with_each_look() -> None:
    _with_each(Rounds, "look", lambda: os.close(tempfile.mkstemp()[0]))


@bug
def a_thread_stays_with_each_query() -> None:
    ends = threading.Event()
    start = lambda: threading.Thread(target=ends.wait, daemon=True).start()  # noqa: E731
    _with_each(Prometheus, "_ask", start)


@bug
def memory_grows_by_a_hundredth_with_each_round() -> None:
    """Of what it has at the first of them."""
    kept: list[bytes] = []

    def leak() -> None:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        size = len(kept[0]) if kept else pages * os.sysconf("SC_PAGESIZE") // 100
        kept.append(os.urandom(size))

    _with_each(Rounds, "decide", leak)


def _with_each(owner: type, name: str, act: Callable[[], object]) -> None:
    """Before each of these calls."""

    async def wrapped(original: Any, *given: Any, **named: Any) -> Any:
        act()
        return await original(*given, **named)

    around(owner, name, wrapped)


def _commit(git: Git, tree: str, parent: str, message: bytes) -> str:
    who = ("-c", "user.name=scalebridge", "-c", "user.email=scalebridge@localhost")
    made = git.run(*who, "commit-tree", tree, "-p", parent, stdin=message)
    return made.decode().strip()


if __name__ == "__main__":
    for name in sys.argv.pop(1).split(","):
        BUGS[name]()
    main()
