"""The ways to write a new count into files of a state repo, for `benchmarks.git_write`."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from benchmarks.writing.raw_push import RawPush
from bridge.decide.decision import Decision
from bridge.policy.model import ScalingPolicy
from bridge.publish.branch import BranchPublisher
from bridge.publish.writing import GitWriter
from bridge.repo.fast_import import Draft, Identity
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.git import git

MANY = 1_000
US = Identity("Benchmark", "benchmark@example.org")
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
        """A round's look, which confirms where the counts stand, and decisions that hold there."""
        snapshot, targets = self.look(), [policy.target for policy in self._policies.values()]
        index = self._runner.run(self.repo.located(snapshot, targets))
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
    """From contents in memory to a commit at the remote, by the publisher's writer."""

    def __init__(self, publishing: Publishing, runner: asyncio.Runner) -> None:
        self._publishing = publishing
        self._writer = GitWriter(publishing.repo)
        self._runner = runner
        self._snapshot = Snapshot("", {})
        self._draft: Draft | None = None

    def prepare(self, count: int, value: int) -> None:
        """A look, and the edited files."""
        self._snapshot = self._publishing.look()
        paths = {path_of(n): self._snapshot.files[path_of(n)].blob for n in range(count)}
        before = self._runner.run(self._publishing.repo.read(list(paths.values())))
        contents = {path: edited(before[blob], value) for path, blob in paths.items()}
        self._draft = Draft(self._snapshot.tip, "Scale\n", US, datetime.now(UTC), contents)

    def write(self) -> None:
        """One commit on the branch."""
        if self._draft is None:
            raise RuntimeError("prepare it first")
        self._runner.run(self._writer.to_branch(self._draft, self._snapshot))


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

    def _git(self, *arguments: str, given: bytes | None = None) -> bytes:
        return git(self._folder, *arguments, given=given, env=self._env)


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


class Raw(Ready):
    """Less than the floor: the same commit without `git push`, over a connection that is kept."""

    def __init__(self, url: str, folder: Path, env: Mapping[str, str], authorization: str) -> None:
        super().__init__(url, folder, env)
        self._raw = RawPush(url, authorization)

    def write(self) -> None:
        """The push."""
        commit = self._git("rev-parse", "HEAD").decode().strip()
        self._raw.push(self._git, commit, "main")


Way = Publishing | Ours | WorkingTree
