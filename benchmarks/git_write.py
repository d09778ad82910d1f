"""Writing counts to a state repo over smart HTTP: our Git writer against the other ways.

The ways, interleaved; each changes the same files, and is checked to have changed them:
  ready    `git push` of a commit that `git commit` made beforehand: the floor
  ours     StateRepo from the edits of a batch to the answer of the push: reads the files as they
           are, writes the commit, pushes it
  publish  BranchPublisher, all of it: checks that the decisions hold, reads, splices and checks
           each file's YAML, writes, pushes
  clone    a fresh shallow clone, edit, commit, push
  tree     a working tree that is kept: fetch, reset, edit, commit, push
Prints the medians, and as its last line one JSON object:
  `ratio_to_ready_push_1`             ours / ready, one file changed of 20,000
  `ratio_to_ready_push_1000`          the same with 1,000 files changed
  `speedup_over_clone_per_change_1`   clone / ours, one file changed of 20,000
  `growth_2000_to_20000_files`        ours with 20,000 files / with 2,000, one file changed
Run: python benchmarks/git_write.py [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import re
import shutil
import statistics
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from pydantic import SecretStr

from benchmarks.manifest_index import manifests
from bridge.decide.decision import Decision
from bridge.policy.model import ScalingPolicy
from bridge.publish.branch import BranchPublisher
from bridge.repo.fast_import import Draft, Identity
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.git import environment, git
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo as Remote

MANY = 1_000
US = Identity("Benchmark", "benchmark@example.org")
IDENTITY = {"user.name": US.name, "user.email": US.email}
COUNT = re.compile(rb"^(  replicas: )\d+", re.MULTILINE)


def path_of(number: int) -> str:
    """Where the Deployment of this number stands."""
    return f"teams/{number % 50}/service-{number}.yaml"


def name_of(number: int) -> str:
    """The Deployment's name, and its policy's."""
    return f"service-{number}"


def edited(content: bytes, value: int) -> bytes:
    """The file with another count, as `sed` would do it."""
    return COUNT.sub(rb"\g<1>%d" % value, content, count=1)


def serve(root: Path, told: Connection) -> None:
    """The remote, in a process of its own, until the other end of the pipe closes."""
    with GitHttp(root) as server:
        told.send(server.url)
        with ExitStack() as quietly:
            quietly.callback(told.close)
            told.poll(None)


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """The URL of a smart-HTTP server with basic auth."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(root, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


class Publishing:
    """What the service does with a batch, by the same code."""

    def __init__(self, url: str, folder: Path, files: int, runner: asyncio.Runner) -> None:
        self._runner = runner
        settings = StateRepoSettings(
            url=url,
            username="bridge",
            password=SecretStr("s3cret"),
            mirror=folder,
            search_paths=("teams",),
        )
        self.repo = StateRepo(settings)
        self._policies = {name_of(n): policy(name_of(n), n) for n in range(min(files, MANY))}
        self._publisher = BranchPublisher(self.repo, US, partial(datetime.now, UTC), self._at)
        self._batch: list[Decision] = []
        runner.run(self.repo.__aenter__())

    async def _at(self, _: Snapshot) -> Mapping[str, ScalingPolicy]:
        return self._policies

    def close(self) -> None:
        """Ends the mirror."""
        self._runner.run(self.repo.__aexit__())

    def look(self) -> Snapshot:
        """What the service does every few seconds."""
        return self._runner.run(self.repo.look())

    def prepare(self, count: int, value: int) -> None:
        """A look, and decisions that hold there."""
        index = self.look().index
        self._batch = []
        for number in range(count):
            policy = self._policies[name_of(number)]
            current = index.find(policy.target).count.value or 0
            self._batch.append(decision(policy, current, value))

    def write(self) -> None:
        """One commit on the branch."""
        published = self._runner.run(self._publisher.publish(self._batch, self._policies))
        if published.push is None or published.dropped:
            raise RuntimeError(f"not all was published: {published}")


class Ours:
    """The part of it that is Git's: the edits are there already."""

    def __init__(self, publishing: Publishing, runner: asyncio.Runner) -> None:
        self._publishing = publishing
        self._repo = publishing.repo
        self._runner = runner
        self._value = 0
        self._snapshot = Snapshot("", {})
        self._paths: list[str] = []

    def prepare(self, count: int, value: int) -> None:
        """A look."""
        self._snapshot = self._publishing.look()
        self._paths = [path_of(number) for number in range(count)]
        self._value = value

    def write(self) -> None:
        """One commit on the branch."""
        self._runner.run(self._write())

    async def _write(self) -> None:
        blobs = [self._snapshot.files[path].blob for path in self._paths]
        before = await self._repo.read(blobs)
        contents = {
            path: edited(before[blob], self._value)
            for path, blob in zip(self._paths, blobs, strict=True)
        }
        draft = Draft(self._snapshot.tip, "Scale\n", US, datetime.now(UTC), contents)
        commit = await self._repo.commit(draft, self._snapshot)
        await self._repo.push(commit, draft.parent)


def policy(name: str, number: int) -> ScalingPolicy:
    """The policy of one Deployment."""
    spec = {
        "scaleTargetRef": {"name": name, "namespace": f"team-{number % 50}"},
        "maxReplicas": 100_000,
        "metrics": [{"name": "load", "query": "load", "target": {"value": 100}}],
    }
    head = {"apiVersion": "scalebridge/v1", "kind": "ScalingPolicy"}
    return ScalingPolicy.model_validate({**head, "metadata": {"name": name}, "spec": spec})


def decision(policy: ScalingPolicy, current: int, desired: int) -> Decision:
    """What the policy asks for."""
    why = f"load {desired * 100} at 100 per replica asks for {desired}"
    made = Decision(target=policy.target, policy=policy.name, current=current, desired=desired)
    return made.because(why)


class WorkingTree:
    """A checkout, kept or made anew for each change."""

    def __init__(self, url: str, folder: Path, env: Mapping[str, str]) -> None:
        self._url, self._folder, self._env = url, folder, env
        self._change = (0, 0)

    def prepare(self, count: int, value: int) -> None:
        """What is to be done."""
        self._change = (count, value)

    def write(self) -> None:
        """Gets the branch, edits, commits, pushes."""
        self._get()
        self._commit()
        self._git("push", "--quiet", "origin", "HEAD:main")

    def _get(self) -> None:
        if not self._folder.exists():
            self._clone()
        self._git("fetch", "--quiet", "origin", "main")
        self._git("reset", "--quiet", "--hard", "FETCH_HEAD")

    def _clone(self) -> None:
        arguments = ("clone", "--quiet", "--depth=1", self._url, str(self._folder))
        git(self._folder.parent, *arguments, env=self._env)

    def _commit(self) -> None:
        count, value = self._change
        for number in range(count):
            file = self._folder / path_of(number)
            file.write_bytes(edited(file.read_bytes(), value))
        self._git("commit", "--quiet", "--all", "--message=Scale")

    def _git(self, *arguments: str) -> None:
        git(self._folder, *arguments, env=self._env)


class Fresh(WorkingTree):
    """A clone for each change."""

    def prepare(self, count: int, value: int) -> None:
        """Nothing is there."""
        super().prepare(count, value)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _get(self) -> None:
        self._clone()


class Ready(WorkingTree):
    """The floor: all but the push is done beforehand."""

    def prepare(self, count: int, value: int) -> None:
        """The commit."""
        super().prepare(count, value)
        self._get()
        self._commit()

    def write(self) -> None:
        """The push."""
        self._git("push", "--quiet", "origin", "HEAD:main")


Way = Publishing | Ours | WorkingTree


class Course:
    """One remote with so many files, and the ways to write to it."""

    def __init__(self, files: int, folder: Path, runner: asyncio.Runner, open_: ExitStack) -> None:
        folder.mkdir()
        self._remote = Remote.create(folder / "remote", manifests(files))
        self._remote.git("repack", "-adq")
        url = f"{open_.enter_context(serving(folder / 'remote'))}/state.git"
        token = b64encode(b"bridge:s3cret").decode()
        env = environment({"http.extraHeader": f"Authorization: Basic {token}", **IDENTITY})
        self.publishing = Publishing(url, folder / "ours.git", files, runner)
        open_.callback(self.publishing.close)
        self.ways: dict[str, Way] = {
            "ready": Ready(url, folder / "ready", env),
            "ours": Ours(self.publishing, runner),
            "publish": self.publishing,
            "clone": Fresh(url, folder / "clone", env),
            "tree": WorkingTree(url, folder / "tree", env),
        }
        self._value = 1_000

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

    def medians(self, ways: Sequence[str], count: int, rounds: int) -> dict[str, float]:
        """Of interleaved rounds, after one that warms up."""
        for way in ways:
            self.timed(way, count)
        taken = [[self.timed(way, count) for way in ways] for _ in range(rounds)]
        return {
            way: statistics.median(column)
            for way, column in zip(ways, zip(*taken, strict=True), strict=True)
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


def measure(small: Course, large: Course, *, quick: bool) -> dict[str, float]:
    """The four numbers; the table is printed on the way."""
    few, slow = (5, 1) if quick else (21, 3)
    at_small = small.medians(["ready", "ours", "publish"], 1, few)
    show("1 file changed of 2,000", at_small)
    one = large.medians(["ready", "ours", "publish", "tree"], 1, few)
    one["clone"] = statistics.median(large.timed("clone", 1) for _ in range(slow))
    show("1 file changed of 20,000", one)
    many = large.medians(["ready", "ours", "publish"], MANY, 3 if quick else 9)
    if not quick:
        many |= large.medians(["tree"], MANY, slow)
    show("1,000 files changed of 20,000", many)
    print(f"a look at a branch that has not moved: {look_ms(large, few):.1f} ms")
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
        result = measure(small, large, quick=quick)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
