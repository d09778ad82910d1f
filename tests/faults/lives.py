"""A real service process among relays, through episodes that each end in what must be true."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import httpx
from aiohttp import web

from tests.conftest import DEPLOYMENT
from tests.faults.episodes import APPS, LEAST, MOST, Episode, Loads, turn, wanted
from tests.faults.oracle import counts, prove
from tests.parts.state_repo import StateRepo
from tests.parts.threads import Context, Served
from tests.repo.processes import until
from tests.repo.relay import Relay
from tests.service.program import Program, configured, policy

BOUND_S: Final = 20.0
"""From the end of a fault to the right counts in Git, on a machine that is busy besides."""
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


def shop(folder: Path, query: str = "{name}") -> StateRepo:
    """Two workloads and their policies; the remote notes each move of its branch."""
    files = {}
    for name in APPS:
        files[f"apps/{name}.yaml"] = DEPLOYMENT.format(name=name)
        files[f"policies/{name}.yaml"] = _policy(name, query.format(name=name))
    repo = StateRepo.create(folder, files)
    with (repo.path / "config").open("a", encoding="utf-8") as config:
        config.write("[core]\n\tlogAllRefUpdates = true\n[user]\n\tname = t\n\temail = t@t\n")
    return repo


def _policy(name: str, query: str, hold: int = 0) -> str:
    bounds = {"minReplicas": LEAST, "maxReplicas": MOST, "overrideHold": hold}
    return policy(name, query=query, **bounds)


class Life(Context):
    """One service, started anew when an episode ends it; leaves no process behind."""

    def __init__(
        self, folder: Path, repo: StateRepo, source: tuple[str, SetLoads], remote: Relay
    ) -> None:
        self._folder = folder
        self._repo = repo
        metrics, self._set_loads = source
        self._deployer = Deployer()
        self._metrics = Relay(metrics)
        self._remote = remote

    def _enter(self, stack: ExitStack) -> None:
        stack.enter_context(self._deployer)
        stack.enter_context(self._metrics)
        self._hook = stack.enter_context(Relay(self._deployer.address))
        self._relays = {
            "prometheus": self._metrics,
            "git": self._remote,
            "reconciler": self._hook,
        }
        stack.callback(lambda: self.program.kill())

    def start(self, state_repo: Mapping[str, Any], **sections: Any) -> None:
        """The first process."""
        hook = {"type": "webhook", "name": "hook", "url": f"http://{self._hook.address}/"}
        given = {"timeout": "1500ms", "poll_interval": "200ms", **state_repo}
        self._config = configured(
            self._folder,
            f"http://{self._metrics.address}",
            given,
            timeout="500ms",
            batch={**_QUICK, "scale_up": _QUICK},
            reconcilers=[{**hook, "timeout": "300ms"}],
            **sections,
        )
        self.program = Program(self._config)

    def go_through(self, episode: Episode) -> None:
        """Its fault, its loads, and the proof; what goes wrong names the episode."""
        since = self._repo.tip()
        try:
            self._suffer(episode)
            self._until_right(episode)
            prove(self._repo, since, episode.loads)
        except BaseException as error:
            error.add_note(f"{episode}\n{self.program.transcript[-20_000:]}")
            raise

    def _suffer(self, episode: Episode) -> None:
        first, *later = episode.loads
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
            self._until_right(episode)
        time.sleep(episode.lasts)
        self._rival(episode)
        self._end(episode)

    def _ask_for(self, loads: Loads, episode: Episode) -> None:
        self._set_loads(loads)
        if episode.alerts:
            self.alert()

    def alert(self) -> None:
        """Wakes the service, if it hears it."""
        alerts = [{"status": "firing", "labels": {**_LABELS, "deployment": app}} for app in APPS]
        body = {"version": "4", "status": "firing", "alerts": alerts}
        if bound := self.program.seen("listening"):
            url = f"http://127.0.0.1:{bound[0]['port']}/webhooks/alertmanager"
            with suppress(httpx.HTTPError):
                httpx.post(url, json=body, timeout=0.3)

    def _begin(self, episode: Episode) -> None:
        if episode.where != "service":
            turn(self._relays[episode.where], episode.what, episode.dice)
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
        self.program = Program(self._config)

    def _rival(self, episode: Episode) -> None:
        name, text = "README.md", f"{episode.number}\n"
        if episode.rival == "policy":
            name = f"policies/{APPS[0]}.yaml"
            spec = json.loads(self._repo.read(name))
            spec["spec"]["overrideHold"] = episode.number
            text = json.dumps(spec)
        if episode.rival:
            self._repo.write({name: text}, f"Edit {name}")

    def _until_right(self, episode: Episode) -> None:
        right = {app: wanted(load) for app, load in episode.loads[-1].items()}
        until(lambda: counts(self._repo) == right, within=BOUND_S)

    def finish(self) -> None:
        """SIGTERM while all is well: a clean end, and nothing is left running or unsaid."""
        last = self._repo.log()[0].sha
        told = {commit.sha for commit in self._repo.log()}
        assert self.program.stop(within=BOUND_S) == 0
        assert self.program.noise == []
        assert set(self._deployer.heard) <= told
        assert self._repo.tip() == last
