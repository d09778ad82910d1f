"""A real service process among relays, through episodes that each end in what must be true."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from aiohttp import web

from tests.conftest import DEPLOYMENT
from tests.faults.episodes import APPS, LEAST, MOST, Episode, Loads, turn, wanted
from tests.faults.footprint import QUERIES
from tests.faults.oracle import counts, prove_commits, prove_once, require
from tests.parts.git_http import GitHttp
from tests.parts.git_ssh import GitSsh
from tests.parts.http_client import client
from tests.parts.state_repo import PERSON, StateRepo
from tests.parts.threads import Context, Served
from tests.repo.relay import Relay
from tests.service.program import Program, configured, policy

BOUND_S: Final = 60.0
"""From the end of a fault to the right counts in Git, on a machine that is busy besides."""
_POLL_S: Final = 0.05
_TICK_S: Final = 1.0
_QUICK: Final = {"quiet_period": "20ms", "max_wait": "300ms"}
_LABELS: Final = {"alertname": "Busy", "namespace": "shop"}

SetLoads = Callable[[Loads], None]


class Deployer(Served):
    """A reconciler that notes the commits that it hears of."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def application(self) -> web.Application:
        """One page."""
        app = web.Application()
        app.router.add_post("/", self._hear)
        return app

    async def _hear(self, request: web.Request) -> web.Response:
        self.heard.append((await request.json())["after"])
        return web.Response(status=202)


def shop(folder: Path, query: str = "{name}", commits: int = 0) -> StateRepo:
    """Two workloads and their policies; the remote notes each move of its branch.

    People made so many commits before: of a longer log each look reads a page, and no more.
    """
    files = {}
    for name in APPS:
        files[f"apps/{name}.yaml"] = DEPLOYMENT.format(name=name)
        files[f"policies/{name}.yaml"] = _policy(name, query.format(name=name))
    repo = StateRepo.create(folder, files)
    with (repo.path / "config").open("a", encoding="utf-8") as config:
        config.write("[core]\n\tlogAllRefUpdates = true\n[user]\n\tname = t\n\temail = t@t\n")
    for number in range(commits):
        repo.write({"README.md": f"Before, {number}\n"}, "Edit README.md")
    return repo


def _policy(name: str, query: str, hold: int = 0) -> str:
    bounds = {"minReplicas": LEAST, "maxReplicas": MOST, "overrideHold": hold}
    return policy(name, query=query, **bounds)


@dataclass(frozen=True, slots=True)
class World:
    """What a life goes on in."""

    repo: StateRepo
    server: GitHttp | GitSsh
    remote: Relay
    metrics: str
    """The address of Prometheus."""
    set_loads: SetLoads


class Life(Context):
    """One service, started anew when an episode ends it; leaves no process behind."""

    def __init__(self, folder: Path, world: World, bound: float, module: Sequence[str]) -> None:
        self._folder = folder
        self._world = world
        self._repo = world.repo
        self._branch = world.repo.path / "refs/heads/main"
        self._bound = bound
        self._module = module
        self._deployer = Deployer()
        self._metrics = Relay(world.metrics)
        self._racing = False

    def _enter(self, stack: ExitStack) -> None:
        stack.enter_context(self._deployer)
        stack.enter_context(self._metrics)
        self._hook = stack.enter_context(Relay(self._deployer.address))
        self._relays = {
            "prometheus": self._metrics,
            "git": self._world.remote,
            "reconciler": self._hook,
        }
        self._start()
        stack.callback(lambda: self.program.kill())

    def _start(self) -> None:
        world, address = self._world, self._world.remote.address
        url = world.server.url_of(self._repo.path).replace(world.server.address, address)
        hook = {"type": "webhook", "name": "hook", "url": f"http://{self._hook.address}/"}
        given = {"url": url, "timeout": "4s", "poll_interval": "500ms"}
        metrics = f"http://{self._metrics.address}"
        self._config = configured(
            self._folder,
            metrics,
            {**given, **world.server.way_in(address)},
            prometheus={"url": metrics, "timeout": "1s", "concurrency": QUERIES},
            batch={**_QUICK, "scale_up": _QUICK},
            reconcilers=[{**hook, "timeout": "300ms"}],
        )
        self.program = Program(self._config, module=self._module)

    def go_through(self, episode: Episode) -> None:
        """Its fault, its loads, and the proof; what goes wrong names the episode."""
        since = self._repo.tip()
        try:
            self._suffer(episode, since)
            self._until_right(episode, since)
            prove_once(self._repo, since, episode.loads)
            if episode.where == "prometheus":  # nothing is between us and the deployer
                self._until_told()
        except BaseException as error:
            error.add_note(f"{episode}\n{self.program.transcript[-20_000:]}")
            raise

    def _suffer(self, episode: Episode, since: str) -> None:
        first, *later = episode.loads
        self._await_rival(episode)
        if episode.into_it < 0:
            self._begin(episode)
        else:
            self._ask_for(first, episode)
        time.sleep(abs(episode.into_it))
        if episode.into_it < 0:
            self._ask_for(first, episode)
        else:
            self._begin(episode)
        for loads in later:
            time.sleep(episode.lasts)
            self._ask_for(loads, episode)
        if episode.where == "reconciler":  # a deployer in trouble delays no commit
            self._until_right(episode, since)
        self._until_struck(episode)
        if not self._racing:
            self._rival(episode)
        self._end(episode)

    def _until_struck(self, episode: Episode) -> None:
        """A fault that meets nobody were none."""
        time.sleep(episode.lasts)
        if episode.what == "down" and episode.where == "prometheus":
            time.sleep(_TICK_S)
        elif episode.where != "service" and episode.what != "down":
            deadline = time.monotonic() + self._bound
            while not self._relays[episode.where].struck:
                told = f"nobody asks any more, for {self._bound:g} s"
                require(time.monotonic() < deadline, "recovery", told)
                time.sleep(_POLL_S)

    def _await_rival(self, episode: Episode) -> None:
        """Between our push and its arrival, where the server can be told to."""
        server = self._world.server
        self._racing = bool(episode.rival and episode.races) and isinstance(server, GitHttp)
        if isinstance(server, GitHttp) and self._racing:

            def push() -> None:
                setattr(server, episode.races, None)
                self._rival(episode)

            setattr(server, episode.races, push)

    def _ask_for(self, loads: Loads, episode: Episode) -> None:
        self._world.set_loads(loads)
        if episode.alerts:
            self.alert()

    def alert(self) -> None:
        """Wakes the service, if it hears it."""
        alerts = [{"status": "firing", "labels": {**_LABELS, "deployment": app}} for app in APPS]
        body = {"version": "4", "status": "firing", "alerts": alerts}
        if bound := self.program.seen("listening"):
            url = f"http://127.0.0.1:{bound[0]['port']}/webhooks/alertmanager"
            with suppress(httpx.HTTPError):
                client().post(url, json=body, timeout=0.3)

    def _begin(self, episode: Episode) -> None:
        if episode.where != "service":
            turn(self._relays[episode.where], episode)
        elif episode.what == "SIGTERM":
            assert self.program.stop(within=BOUND_S) == 0
        else:
            name, *_ = episode.what.split()
            os.kill(self.program.process.pid, signal.Signals[name])

    def _end(self, episode: Episode) -> None:
        if episode.where != "service":
            self._relays[episode.where].forward()
        elif episode.what == "SIGSTOP":
            os.kill(self.program.process.pid, signal.SIGCONT)
        else:
            self._start_anew(lost_disk=episode.what.endswith("lost disk"))

    def _start_anew(self, *, lost_disk: bool) -> None:
        self.program.kill()
        assert self.program.noise == []
        if lost_disk:
            shutil.rmtree(self._folder / "mirror.git", ignore_errors=True)
        self.program = Program(self._config, module=self._module)

    def _rival(self, episode: Episode) -> None:
        files = {"README.md": f"{episode.number}\n"}
        if episode.rival == "policy":
            name = f"policies/{APPS[0]}.yaml"
            spec = json.loads(self._repo.read(name))
            spec["spec"]["overrideHold"] = episode.number
            files = {name: json.dumps(spec)}
        elif episode.rival == "manifest":
            paths = [f"apps/{app}.yaml" for app in APPS]
            files = {
                path: f"{self._repo.read(path).decode()}# {episode.number}\n" for path in paths
            }
        if episode.rival:
            self._repo.write(files, f"Edit {', '.join(files)}")

    def _until_right(self, episode: Episode, since: str) -> None:
        """What may never be is looked for all the while."""
        right = {app: wanted(load) for app, load in episode.loads[-1].items()}
        deadline, tip = time.monotonic() + self._bound, f"{since}\n"
        found = counts(self._repo)
        while found != right:
            told = f"{found} instead of {right} after {self._bound:g} s"
            require(time.monotonic() < deadline, "recovery", told)
            if tip != (tip := self._branch.read_text("ascii")):
                prove_commits(self._repo, since)
                found = counts(self._repo)
            time.sleep(_POLL_S)

    def _until_told(self) -> None:
        ours = next(one for one in self._repo.log() if one.author != PERSON)
        deadline = time.monotonic() + self._bound
        while ours.sha not in self._deployer.heard:
            told = f"the deployer was not told of {ours} within {self._bound:g} s"
            require(time.monotonic() < deadline, "recovery", told)
            time.sleep(_POLL_S)

    def finish(self) -> None:
        """SIGTERM while all is well: a clean end, and nothing is left running or unsaid."""
        last = self._repo.log()[0].sha
        told = {commit.sha for commit in self._repo.log()}
        assert self.program.stop(within=BOUND_S) == 0
        assert self.program.noise == []
        assert set(self._deployer.heard) <= told
        assert self._repo.tip() == last
