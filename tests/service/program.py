"""The service as its users run it: a process, its log and its pages."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import pytest

from bridge.observe.events import EVENTS
from tests.parts.fork_server import CHECKOUT, forked
from tests.parts.git_http import GitHttp
from tests.parts.http_client import client
from tests.parts.state_repo import StateRepo

QUICK = {"quiet_period": "100ms", "max_wait": "1s"}
Event = dict[str, Any]


class Program:
    """`python -m bridge run`, started; its log is read in a thread.

    `module` is what is run in bridge's stead, with its arguments before `run`; `fresh` makes the
    interpreter a new one, where else it is forked.
    """

    def __init__(
        self,
        config: Path,
        *options: str,
        module: Sequence[str] = ("bridge",),
        fresh: bool = False,
    ) -> None:
        arguments = (*module, "run", "--config", str(config), *options)
        self.process = _fresh(arguments) if fresh else forked(*arguments)
        self.events: list[Event] = []
        self.noise: list[str] = []
        self._news = Condition()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self._take(line)
        with self._news:
            self._news.notify_all()

    def _take(self, line: str) -> None:
        with self._news:
            try:
                self.events.append(json.loads(line))
            except ValueError:
                self.noise.append(line)
            self._news.notify_all()

    def seen(self, event: str, **facts: object) -> list[Event]:
        """The events of this name with these fields, so far."""
        wanted = {"event": event, **facts}.items()
        return [one for one in list(self.events) if wanted <= _hashable(one).items()]

    def until(self, event: str, *, times: int = 1, within: float = 25, **facts: object) -> Event:
        """Waits for such an event, and returns the last one."""
        deadline = time.monotonic() + within
        with self._news:
            while len(found := self.seen(event, **facts)) < times:
                left = deadline - time.monotonic()
                if left <= 0 or not self._reader.is_alive():
                    pytest.fail(f"no {event} {facts} in {within:g} s:\n{self.transcript}")
                self._news.wait(left)
        return found[times - 1]

    @property
    def transcript(self) -> str:
        """The log as it came."""
        return "\n".join([*map(str, self.events), *self.noise])

    @property
    def url(self) -> str:
        """Where it listens."""
        bound = self.until("listening")
        return f"http://{bound['host']}:{bound['port']}"

    def page(self, path: str) -> str:
        """What it shows there."""
        return client().get(f"{self.url}{path}").raise_for_status().text

    def status(self) -> dict[str, Any]:
        """Its view of the world."""
        facts: dict[str, Any] = json.loads(self.page("/api/v1/status"))
        return facts

    def kill(self) -> None:
        """At once, without a chance to say goodbye."""
        self.process.kill()
        self.process.wait()
        self._reader.join(5)

    def until_dead(self, within: float = 15) -> None:
        """Waits for somebody else's kill."""
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            pytest.fail(f"alive after {within:g} s:\n{self.transcript}")
        self._reader.join(5)

    def stop(self, by: signal.Signals = signal.SIGTERM, within: float = 15) -> int:
        """Asks it to end, as Kubernetes does; the exit code."""
        self.process.send_signal(by)
        code = self.process.wait(within)
        self._reader.join(5)
        return code


def _fresh(arguments: Sequence[str]) -> subprocess.Popen[str]:
    command = (sys.executable, "-m", *arguments)
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=CHECKOUT
    )


def _hashable(event: Event) -> dict[str, Any]:
    return {key: value for key, value in event.items() if not isinstance(value, list | dict)}


@contextmanager
def running(config: Path, *, fresh: bool = False) -> Iterator[Program]:
    """A service that says nothing but events, ends cleanly, and is gone afterwards."""
    program = Program(config, fresh=fresh)
    try:
        yield program
        if program.process.poll() is None:
            assert program.stop() == 0
        assert not program.noise, f"not an event: {program.noise}"
        assert {one["event"] for one in program.events} <= EVENTS.keys() - {"library_said"}
    finally:
        program.kill()


def configured(
    folder: Path,
    prometheus: str,
    state_repo: Mapping[str, Any],
    /,
    timeout: str = "2s",
    **sections: Any,
) -> Path:
    """A configuration file: quick, on a free port, with a mirror in the folder."""
    given = {
        "prometheus": {"url": prometheus, "timeout": timeout},
        "state_repo": {
            "search_paths": ["apps"],
            "poll_interval": "300ms",
            "timeout": "5s",
            "mirror": "mirror.git",
            **state_repo,
        },
        "batch": {**QUICK, "scale_up": QUICK},
        "server": {"listen": "127.0.0.1:0"},
        "log": {"format": "json", "level": "debug"},
        **sections,
    }
    path = folder / "scalebridge.yaml"
    path.write_text(json.dumps(given), encoding="utf-8")
    return path


def through(server: GitHttp, repo: StateRepo, **more: Any) -> dict[str, Any]:
    """The state repo behind smart HTTP."""
    url = server.url_of(repo.path)
    return {"url": url, "username": server.username, "password": server.password, **more}


def policy(name: str, *, query: str = "load", **spec: Any) -> str:
    """100 per replica; quick, and free to go up and down as far as it likes."""
    free = {"policies": [{"type": "Percent", "value": 10_000, "periodSeconds": 1}]}
    target = {"type": "AverageValue", "value": 100}
    given = {
        "scaleTargetRef": {"kind": "Deployment", "name": name, "namespace": "shop"},
        "maxReplicas": 100,
        "pollingInterval": "1s",
        "metrics": [{"name": "load", "query": query, "target": target}],
        "behavior": {"scaleUp": free, "scaleDown": {**free, "stabilizationWindowSeconds": 0}},
        "inFlightTimeout": 0,
        **spec,
    }
    head = {"apiVersion": "scalebridge/v1", "kind": "ScalingPolicy"}
    return json.dumps({**head, "metadata": {"name": name}, "spec": given}, indent=1)
