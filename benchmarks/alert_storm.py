"""A storm of 50,000 alerts in a minute: what the service takes up, and how often it commits.

Posted in groups of 50 by eight clients, evenly; alerts name 100 workloads, whose loads go up every
second. The batch waits for 2 s of quiet, at most 5 s. The alternative, to which memory and CPU are
held, is the same service in the minute before the storm (quick: 10 s), asked by ticks only.
Prints as its last line one JSON object:
  `alerts`                    acknowledged, of `sent`
  `refused`                   posts that were answered otherwise (503 would be sent again)
  `commits`, `windows`        in the storm, and how many windows of 5 s it was long
  `memory_ratio_to_rest`      the most that was resident / at rest
  `cpu_share`, `cpu_share_at_rest`   of a core
  `queries_per_s`             of Prometheus, in the storm
Run: python benchmarks/alert_storm.py [--quick]
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the real parts are those of the tests

import aiohttp

from benchmarks.serving.scene import Service, flag, notification, shop
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo

POLICIES = 100
GROUP = 50
CLIENTS = 8
RATE = 50_000 / 60
WINDOW_S = 5.0
BATCH = {"quiet_period": "2s", "max_wait": f"{WINDOW_S:g}s"}


class Storm:
    """Posts alerts at the rate, and lets the load rise."""

    def __init__(self, url: str, fake: FakePrometheus) -> None:
        self._hook = f"{url}/webhooks/alertmanager"
        self._fake = fake
        self.sent = self.taken = self.refused = 0

    async def blow(self, seconds: float) -> None:
        """For so long."""
        started = time.monotonic()
        async with aiohttp.ClientSession() as session:
            posting = [self._post(session, started, seconds, n) for n in range(CLIENTS)]
            await asyncio.gather(*posting, self._rise(started, seconds))

    async def _post(
        self, session: aiohttp.ClientSession, started: float, seconds: float, client: int
    ) -> None:
        for number in range(client, int(seconds * RATE / GROUP), CLIENTS):
            await asyncio.sleep(max(0.0, started + number * GROUP / RATE - time.monotonic()))
            first = number * GROUP
            body = notification(n % POLICIES for n in range(first, first + GROUP))
            self.sent += GROUP
            async with session.post(self._hook, data=body) as answer:
                self.taken += GROUP * (answer.status == 202)
                self.refused += answer.status != 202

    async def _rise(self, started: float, seconds: float) -> None:
        replicas = 3.0
        while time.monotonic() < started + seconds:
            replicas = replicas * 1.2 if replicas < 80 else 3.0
            self._fake.script(ANY, samples(100 * replicas))
            await asyncio.sleep(1)


def commits(repo: StateRepo) -> int:
    """So far."""
    return len(repo.log())


def measure(folder: Path, seconds: float) -> dict[str, Any]:
    """Every figure."""
    with FakePrometheus() as fake:
        fake.script(ANY, samples(300))
        repo = shop(folder, POLICIES, pollingInterval=15)
        batch = {**BATCH, "scale_up": BATCH}
        with Service(folder, fake.url, {"url": repo.url}, batch=batch) as service:
            rest = service.cpu_s
            time.sleep(seconds)
            rest = service.cpu_s - rest
            memory, before = service.rss_mb(), commits(repo)
            storm, spent, asked = Storm(service.url, fake), service.cpu_s, len(fake.queries)
            asyncio.run(storm.blow(seconds))
            spent, asked = service.cpu_s - spent, len(fake.queries) - asked
            made = commits(repo) - before
            most = service.peak_mb()
    return {
        "sent": storm.sent,
        "alerts": storm.taken,
        "refused": storm.refused,
        "commits": made,
        "windows": round(seconds / WINDOW_S),
        "memory_ratio_to_rest": round(most / memory, 2),
        "memory_mb": round(most),
        "cpu_share": round(spent / seconds, 2),
        "cpu_share_at_rest": round(rest / seconds, 2),
        "queries_per_s": round(asked / seconds, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Starts the parts, measures, prints."""
    quick, tiny = flag(__doc__ or "")
    seconds = 1.0 if tiny else 15.0 if quick else 60.0
    with tempfile.TemporaryDirectory(prefix="alert-storm-") as name:
        result = measure(Path(name), seconds)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
