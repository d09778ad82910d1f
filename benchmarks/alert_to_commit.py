"""From an alert to its commit on the remote: the running service against a bare `git push`.

The remote is smart HTTP with a password, in a process of its own, and holds 500 workloads with a
policy each; the batch waits for nothing. An alert about one workload is posted, whose load has
just risen. The floor is `git push` of a commit that is there already, of one file, to another
branch of the same remote. Of both the clock stops when the remote's branch has moved. They take
turns, with a rest before each: what one does after its commit is no part of the other's time.
Prints as its last line one JSON object:
  `alert_to_commit_ms`      the median
  `ready_push_ms`           the floor, the median
  `ratio_to_ready_push`     of the two
Run: python benchmarks/alert_to_commit.py [--quick]
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the real parts are those of the tests

import httpx

from benchmarks.git_write import serving
from benchmarks.serving.scene import Service, flag, name_of, notification, shop
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.git import environment, git
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo

POLICIES = 500
REST_S = 0.5
AT_ONCE = {"quiet_period": 0, "max_wait": 0}
REMOTE = {"username": "bridge", "password": "s3cret"}
AUTHORIZATION = f"Authorization: Basic {b64encode(b'bridge:s3cret').decode()}"


def wait_until_moved(ref: Path, before: bytes, what: str) -> None:
    """Until the remote's branch is elsewhere; looks a thousand times a second."""
    started = time.perf_counter()
    while ref.read_bytes() == before:
        if time.perf_counter() - started > 60:
            raise RuntimeError(f"no commit for {what}")
        time.sleep(0.001)


class Floor:
    """Pushes to a branch of its own."""

    def __init__(self, url: str, folder: Path, remote: Path) -> None:
        self._ref = remote / "refs/heads/floor"
        who = {"user.name": "floor", "user.email": "floor@example.org"}
        self._env = environment({"http.extraHeader": AUTHORIZATION, **who})
        self._tree = folder
        folder.mkdir()
        self._git("clone", "--quiet", "--depth=1", url, ".")
        self._git("checkout", "--quiet", "-b", "floor")
        self._git("push", "--quiet", "origin", "floor")

    def _git(self, *arguments: str) -> None:
        git(self._tree, *arguments, env=self._env)

    def seconds(self, value: int) -> float:
        """Of one push."""
        (self._tree / "apps" / "service-0.yaml").write_text(f"replicas: {value}\n", "utf-8")
        self._git("commit", "--quiet", "-am", f"Scale to {value}")
        before = self._ref.read_bytes()
        time.sleep(REST_S)
        with ThreadPoolExecutor(1) as pushing:
            started = time.perf_counter()
            push = pushing.submit(self._git, "push", "--quiet", "origin", "floor")
            wait_until_moved(self._ref, before, "the bare push")
            taken = time.perf_counter() - started
            push.result()
        return taken


class Alerted:
    """The service, told of one workload after the other."""

    def __init__(self, service: Service, fake: FakePrometheus, repo: StateRepo) -> None:
        self._hook = f"{service.url}/webhooks/alertmanager"
        self._fake = fake
        self._repo = repo
        self._ref = repo.path / "refs/heads/main"
        self._client = httpx.Client()

    def seconds(self, number: int) -> float:
        """From the request to the moment at which the branch has moved."""
        before = self._ref.read_bytes()
        self._fake.script(f"load_{number}", samples(700))
        body = notification([number])
        time.sleep(REST_S)
        started = time.perf_counter()
        self._client.post(self._hook, content=body).raise_for_status()
        wait_until_moved(self._ref, before, name_of(number))
        taken = time.perf_counter() - started
        if b"replicas: 7 " not in self._repo.read(f"apps/{name_of(number)}.yaml"):
            raise RuntimeError(f"{name_of(number)} was not scaled")
        return taken


def measure(folder: Path, policies: int, rounds: int) -> dict[str, Any]:
    """Every figure."""
    with ExitStack() as open_:
        fake = open_.enter_context(FakePrometheus())
        fake.script(ANY, samples(300))
        repo = shop(folder, policies, lambda n: f"load_{n}", pollingInterval="1h")
        url = f"{open_.enter_context(serving(partial(GitHttp, repo.path.parent)))}/state.git"
        floor = Floor(url, folder / "tree", repo.path)
        batch = {**AT_ONCE, "scale_up": AT_ONCE}
        remote = {"url": url, **REMOTE, "poll_interval": "10s"}
        service = open_.enter_context(Service(folder, fake.url, remote, batch=batch))
        alerted = Alerted(service, fake, repo)
        alerted.seconds(0)
        floor.seconds(0)
        taken = [(alerted.seconds(n), floor.seconds(n)) for n in range(1, rounds + 1)]
    ours, bare = (statistics.median(column) for column in zip(*taken, strict=True))
    return {
        "alert_to_commit_ms": round(ours * 1000, 1),
        "ready_push_ms": round(bare * 1000, 1),
        "ratio_to_ready_push": round(ours / bare, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Starts the parts, measures, prints."""
    quick, tiny = flag(__doc__ or "")
    policies, rounds = (10, 2) if tiny else (POLICIES, 15 if quick else 60)
    with tempfile.TemporaryDirectory(prefix="alert-to-commit-") as name:
        result = measure(Path(name), policies, rounds)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
