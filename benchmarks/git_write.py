"""Writing counts to a state repo: our Git writer against the other ways, over smart HTTP.

The ways, interleaved; each changes the same files, and is checked to have changed them:
  ready    `git push` of a commit that `git commit` made beforehand: the floor
  ours     the publisher's writer, from contents in memory to the answer of the push: writes the
           commit, pushes it
  raw      the ready commit, by receive-pack spoken by hand over a kept connection
  publish  BranchPublisher, all of it, after a round's look: checks that the decisions hold, reads,
           splices and proves each file, writes, pushes
  tree     a working tree that is kept: fetch, reset, edit, commit, push
  clone    a fresh shallow clone, edit, commit, push
Then the ready push over SSH: a fresh connection each, and one that is shared as ours is.
Prints the medians, and as its last line one JSON object:
  `ratio_to_ready_push_1`             ours / ready, one file changed of 20,000
  `ratio_to_ready_push_1000`          the same with 1,000 files changed
  `speedup_over_clone_per_change_1`   clone / ours, one file changed of 20,000
  `growth_2000_to_20000_files`        ours with 20,000 files / with 2,000, one file changed
Rounds with one file changed go back and forth between both remotes.
Run: python benchmarks/git_write.py [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Protocol

from benchmarks.manifest_index import manifests
from benchmarks.writing.ways import (
    MANY,
    US,
    Fresh,
    Ours,
    Publishing,
    Raw,
    Ready,
    Way,
    WorkingTree,
    path_of,
)
from bridge.repo.connection import Connection
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.git import environment
from tests.parts.git_http import GitHttp
from tests.parts.git_ssh import GitSsh
from tests.parts.state_repo import StateRepo as Remote

IDENTITY = {"user.name": US.name, "user.email": US.email}
AUTHORIZATION = f"Basic {b64encode(b'bridge:s3cret').decode()}"
ONE = ("ready", "ours", "raw", "publish")


class Server(Protocol):
    """A Git remote."""

    @property
    def url(self) -> str:
        """Where its root is."""


def serve(server: Callable[[], AbstractContextManager[Server]], told: Pipe) -> None:
    """The remote, in a process of its own, until the other end of the pipe closes."""
    with server() as remote:
        told.send(remote.url)
        with ExitStack() as quietly:
            quietly.callback(told.close)
            told.poll(None)


@contextmanager
def serving(server: Callable[[], AbstractContextManager[Server]]) -> Iterator[str]:
    """Its URL."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(server, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


class Course:
    """One remote with so many files, and the ways to write to it."""

    def __init__(self, files: int, folder: Path, runner: asyncio.Runner, open_: ExitStack) -> None:
        folder.mkdir()
        self.folder = folder
        self._remote = Remote.create(folder / "remote", manifests(files))
        self._remote.git("repack", "-adq")
        server = partial(GitHttp, folder / "remote")
        url = f"{open_.enter_context(serving(server))}/state.git"
        env = environment({"http.extraHeader": f"Authorization: {AUTHORIZATION}", **IDENTITY})
        publishing = Publishing(url, folder / "ours.git", files, runner)
        open_.callback(publishing.close)
        tree = folder / "tree"
        self.publishing = publishing
        self.ways: dict[str, Way] = {
            "ready": Ready(url, tree, env),
            "ours": Ours(publishing, runner),
            "raw": Raw(url, tree, env, AUTHORIZATION),
            "publish": publishing,
            "tree": WorkingTree(url, tree, env),
            "clone": Fresh(url, folder / "clone", env),
        }
        self._value = 1_000

    def over_ssh(self, open_: ExitStack) -> Mapping[str, Way]:
        """The ready push over SSH, with and without the connection of the command before."""
        root, keys = self.folder / "remote", self.folder / "keys"
        url = f"{open_.enter_context(serving(partial(GitSsh, root, keys)))}/state.git"
        settings = StateRepoSettings(
            url=url, ssh_key_file=keys / "client_key", known_hosts_file=keys / "known_hosts"
        )
        connection = open_.enter_context(closing(Connection(settings)))
        shared = connection.given({}).environment["GIT_SSH_COMMAND"]
        fresh = shared.partition(" -o ControlMaster")[0]
        tree = self.folder / "by-ssh"
        return {
            "fresh": Ready(url, tree, environment(IDENTITY, GIT_SSH_COMMAND=fresh)),
            "shared": Ready(url, tree, environment(IDENTITY, GIT_SSH_COMMAND=shared)),
        }

    def timed(self, way: str, count: int) -> float:
        """Seconds to write a new count into so many files, this way."""
        self._value += 1
        self.ways[way].prepare(count, self._value)
        started = time.perf_counter()
        self.ways[way].write()
        taken = time.perf_counter() - started
        expected = b"  replicas: %d" % self._value
        for number in {0, count - 1}:
            if expected not in self._remote.read(path_of(number)):
                raise RuntimeError(f"{way} did not write {path_of(number)}")
        return taken


Lane = tuple[Course, str]


def medians(lanes: Sequence[Lane], count: int, rounds: int) -> dict[Lane, float]:
    """Of interleaved rounds, after one that warms up."""
    for course, way in lanes:
        course.timed(way, count)
    taken = [[course.timed(way, count) for course, way in lanes] for _ in range(rounds)]
    return {
        lane: statistics.median(column)
        for lane, column in zip(lanes, zip(*taken, strict=True), strict=True)
    }


def look_ms(course: Course, rounds: int) -> float:
    """A look at a branch that has not moved."""
    course.publishing.look()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        course.publishing.look()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


def show(title: str, medians: Mapping[str, float]) -> None:
    """One line of the table."""
    columns = "  ".join(f"{way} {taken * 1000:8.1f}" for way, taken in medians.items())
    print(f"{title:<34}{columns}  (ms)", flush=True)


def of(course: Course, taken: Mapping[Lane, float]) -> dict[str, float]:
    """What was measured on one course, by way."""
    return {way: seconds for (where, way), seconds in taken.items() if where is course}


def measure(small: Course, large: Course, open_: ExitStack, *, quick: bool) -> dict[str, float]:
    """The four numbers; the table is printed on the way."""
    few, slow = (5, 1) if quick else (21, 3)
    taken = medians([(course, way) for way in ONE for course in (small, large)], 1, few)
    at_small, one = of(small, taken), of(large, taken)
    one["tree"] = statistics.median(large.timed("tree", 1) for _ in range(slow))
    one["clone"] = statistics.median(large.timed("clone", 1) for _ in range(slow))
    many = of(large, medians([(large, way) for way in ONE], MANY, 3 if quick else 9))
    if not quick:
        many |= of(large, medians([(large, "tree")], MANY, slow))
    show("1 file changed of 2,000", at_small)
    show("1 file changed of 20,000", one)
    show("1,000 files changed of 20,000", many)
    print(f"a look at a branch that has not moved: {look_ms(large, few):.1f} ms")
    small.ways |= small.over_ssh(open_)
    ssh = of(small, medians([(small, "fresh"), (small, "shared")], 1, few))
    show("over SSH, a connection", ssh)
    return {
        "ratio_to_ready_push_1": round(one["ours"] / one["ready"], 3),
        "ratio_to_ready_push_1000": round(many["ours"] / many["ready"], 3),
        "speedup_over_clone_per_change_1": round(one["clone"] / one["ours"], 1),
        "growth_2000_to_20000_files": round(one["ours"] / at_small["ours"], 3),
    }


def main() -> None:
    """Builds both remotes, measures, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds: under a minute")
    quick = parser.parse_args().quick
    with ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="git-write-")))
        runner = open_.enter_context(asyncio.Runner())
        small = Course(2_000, folder / "small", runner, open_)
        large = Course(20_000, folder / "large", runner, open_)
        result = measure(small, large, open_, quick=quick)
    print(f"load over the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
