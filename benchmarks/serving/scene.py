"""What the benchmarks of the running service share: a state repo, the process, and its facts."""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import DEPLOYMENT
from tests.parts.state_repo import StateRepo
from tests.parts.threads import Context
from tests.service.program import Program, configured, policy

_TICK_S = 1.0 / 100


def flag(text: str) -> tuple[bool, bool]:
    """Whether to be quick, and whether just to show that it runs."""
    parser = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--tiny", action="store_true", help="seconds: for tests, measures nothing")
    given = parser.parse_args()
    return given.quick, given.tiny


def shop(
    folder: Path, policies: int, query: Callable[[int], str] = lambda _: "load", **spec: Any
) -> StateRepo:
    """So many workloads of three replicas, with a policy each that asks the query of its number."""
    files: dict[str, str] = {}
    for number in range(policies):
        name = name_of(number)
        files[f"apps/{name}.yaml"] = DEPLOYMENT.format(name=name)
        files[f"policies/{name}.yaml"] = policy(name, query=query(number), **spec)
    return StateRepo.create(folder / "remote", files)


def name_of(number: int) -> str:
    """The workload's, and its policy's."""
    return f"service-{number}"


def notification(numbers: Iterable[int]) -> bytes:
    """As Alertmanager posts it: an alert for each workload of these numbers."""
    alerts = [
        {
            "status": "firing",
            "labels": {
                "alertname": "Overloaded",
                "namespace": "shop",
                "deployment": name_of(number),
                "severity": "page",
                "pod": f"{name_of(number)}-7d9c6b5f4-x2x{number}",
            },
            "annotations": {"summary": f"{name_of(number)} has more than it can take"},
            "startsAt": "2026-03-04T12:00:00Z",
            "fingerprint": f"{number:016x}",
        }
        for number in numbers
    ]
    return json.dumps({"version": "4", "status": "firing", "alerts": alerts}).encode()


class Service(Context):
    """The service as a process, which has decided for every policy once."""

    def __init__(
        self, folder: Path, prometheus: str, state_repo: Mapping[str, Any], **sections: Any
    ) -> None:
        server = {"listen": "127.0.0.1:0", **sections.pop("server", {})}
        log = {"format": "json", "level": "info"}
        given = {"server": server, "log": log, **sections}
        self._config = configured(folder, prometheus, {"timeout": "60s", **state_repo}, **given)

    def _enter(self, stack: ExitStack) -> None:
        self._program = Program(self._config, fresh=True)
        stack.callback(self._program.kill)
        self.url = self._program.url
        deadline = time.monotonic() + 120
        while not self.metric("scalebridge_pass_duration_seconds_count"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"no round in 2 minutes:\n{self._program.transcript[-2000:]}")
            time.sleep(0.1)

    def metric(self, name: str) -> float:
        """The sum of a metric's series on its own page."""
        page = httpx.get(f"{self.url}/metrics", timeout=60).text
        found = re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", page, re.MULTILINE)
        return sum(map(float, found))

    @property
    def cpu_s(self) -> float:
        """Of the process and of its git commands that have ended, in seconds."""
        stat = Path(f"/proc/{self._program.process.pid}/stat").read_text("ascii")
        fields = stat.rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) * _TICK_S

    def peak_mb(self) -> float:
        """The most memory that was resident at once."""
        return self._status("VmHWM") / 1024

    def rss_mb(self) -> float:
        """What is resident now."""
        return self._status("VmRSS") / 1024

    def _status(self, name: str) -> int:
        status = Path(f"/proc/{self._program.process.pid}/status").read_text("ascii")
        found = re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)
        return int(found[1]) if found else 0
