"""10,000 policies that tick every 15 s and ask one query: which share of a core they use.

The service is a process of its own over a fake Prometheus and a real state repo with a file for
each workload; nothing changes while it is measured. The alternative is a policy with a query of
its own for each workload (own), measured on a tenth as many policies and for each policy.
Prints as its last line one JSON object:
  `policies`               how many
  `share_of_a_core`        CPU of the process and of its git commands / wall time
  `round_s`                a round's wall time, the mean
  `ratio_to_own_queries`   CPU per policy / the same where each policy has its own query
  `memory_mb`              resident at the end
Run: python benchmarks/policies.py [--quick]
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the real parts are those of the tests

from benchmarks.serving.scene import Service, flag, name_of, shop
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.service.program import policy

INTERVAL_S = 15
_LEAST_CPU_S = 0.01
"""The kernel counts in hundredths: what used less is not told from nothing."""


@dataclass(frozen=True)
class Use:
    """Of a service over some intervals."""

    share: float
    round_s: float
    memory_mb: float


def own_queries(policies: int) -> Mapping[str, str]:
    """The same policies with a query each."""
    return {
        f"policies/{name}.yaml": policy(
            name, query=f'load{{deployment="{name}"}}', pollingInterval=INTERVAL_S
        )
        for name in map(name_of, range(policies))
    }


def used(folder: Path, repo: StateRepo, prometheus: str, seconds: float) -> Use:
    """By a service that has come to rest."""
    folder.mkdir()
    remote = {"url": repo.url, "poll_interval": "10s"}
    with Service(folder, prometheus, remote, timeout="60s") as service:
        rounds, spent, started = _rounds(service), service.cpu_s, time.monotonic()
        time.sleep(seconds)
        after = _rounds(service)
        taken = time.monotonic() - started
        share = max(service.cpu_s - spent, _LEAST_CPU_S) / taken
        made = after[0] - rounds[0]
        return Use(share, (after[1] - rounds[1]) / max(made, 1), service.rss_mb())


def _rounds(service: Service) -> tuple[float, float]:
    name = "scalebridge_pass_duration_seconds"
    return service.metric(f"{name}_count"), service.metric(f"{name}_sum")


def measure(folder: Path, policies: int, intervals: float) -> dict[str, Any]:
    """Every figure."""
    seconds = INTERVAL_S * intervals
    few = max(1, policies // 10)
    with FakePrometheus() as fake:
        fake.script(ANY, samples(300))
        (folder / "all").mkdir()
        (folder / "few").mkdir()
        many = shop(folder / "all", policies, pollingInterval=INTERVAL_S)
        shared = used(folder / "shared", many, fake.url, seconds)
        alone = shop(folder / "few", few)
        alone.write(own_queries(few), "A query each")
        own = used(folder / "own", alone, fake.url, seconds)
    return {
        "policies": policies,
        "share_of_a_core": round(shared.share, 3),
        "round_s": round(shared.round_s, 2),
        "ratio_to_own_queries": round((shared.share / policies) / (own.share / few), 3),
        "memory_mb": round(shared.memory_mb),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Starts the parts, measures, prints."""
    quick, tiny = flag(__doc__ or "")
    policies, intervals = (10, 0.2) if tiny else (2_000, 1) if quick else (10_000, 4)
    with tempfile.TemporaryDirectory(prefix="policies-") as name:
        result = measure(Path(name), policies, intervals)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
